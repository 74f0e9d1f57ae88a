#!/bin/sh
# Print the first Python of the given versions that is installed and runs, on the PATH or from pyenv; fail where none is.
usable='import ensurepip, sys, sysconfig
free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")  # the lock has no wheels for it
sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1] or bool(free_threaded))'
for version in "$@"; do
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        if "$python" -c "$usable" "$version" 2>/dev/null; then
            command -v "$python"
            exit 0
        fi
    done
done
exit 1
