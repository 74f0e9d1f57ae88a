"""Pure tensor arithmetic: functions of their arguments alone, which read no parameters, files or global seeds."""
