"use strict";
// Shows the pictures of the gallery in which one mark has the chosen class, type and score. Detections that have not are
// hidden. An object has no score, and is shown with any.
(() => {
  const gallery = document.getElementById("gallery");
  const controls = gallery.querySelector(".filter");
  if (!controls) return;
  const label = controls.querySelector("[name=label]");
  const score = controls.querySelector("[name=score]");
  const pictures = [...gallery.querySelectorAll(".picture")];

  function apply() {
    const type = controls.querySelector("[name=type]:checked").value;
    const least = Number(score.value);
    const matches = ({ dataset }) =>
      (!label.value || dataset.label === label.value) &&
      (!type || dataset.type === type) &&
      (dataset.score === undefined || Number(dataset.score) >= least);
    const all = !label.value && !type && !least;
    for (const picture of pictures) {
      const marks = [...picture.querySelectorAll("[data-type]")];
      picture.hidden = !all && !marks.some(matches);
      for (const mark of marks) mark.classList.toggle("off", "score" in mark.dataset && !matches(mark));
    }
    for (const group of gallery.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".picture:not([hidden])");
    }
    const shown = pictures.filter((picture) => !picture.hidden).length;
    controls.querySelector("output").textContent = least.toFixed(2);
    gallery.querySelector(".shown").textContent = `${shown} of ${pictures.length} pictures shown.`;
  }

  function reset() {
    label.value = "";
    score.value = "0";
    controls.querySelector("[name=type][value='']").checked = true;
    apply();
  }

  controls.hidden = false;
  controls.addEventListener("input", apply);
  controls.querySelector("button").addEventListener("click", reset);
  reset();
})();
