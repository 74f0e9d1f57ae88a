// Sends an image to the server of this page, and draws what it finds.
"use strict";

const COLOURS = ["#e6194b", "#0082c8", "#3c8d2f", "#f58231", "#911eb4", "#008080", "#aa6e28", "#c2185b", "#5a5ad6", "#6b6b00"];
const element = (id) => document.getElementById(id);
const [drop, file, said, result, canvas] = ["drop", "file", "said", "result", "picture"].map(element);
const [least, shown, count, rows] = ["least", "shown", "count", "rows"].map(element);

let picture = null; // the image of the last answer, upright
let detections = []; // by descending score
let colours = new Map(); // by class
let turn = 0; // of the last request; the answer to an earlier one is dropped

function say(text, isFault = false) {
  said.textContent = text;
  said.classList.toggle("fault", isFault);
}

async function detect(image) {
  const mine = ++turn;
  say(`Looking at ${image.name || "the image"} …`);
  try {
    const start = performance.now();
    const response = await fetch("predict", { method: "POST", body: image, headers: { "Content-Type": "application/octet-stream" } });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    const upright = await createImageBitmap(image, { imageOrientation: "from-image" });
    if (mine !== turn) return;
    show(upright, answer);
    say(`${image.name || "The image"}: ${answer.width} × ${answer.height} px, answered in ${Math.round(performance.now() - start)} ms.`);
  } catch (error) {
    if (mine !== turn) return;
    result.hidden = true;
    say(error instanceof TypeError ? "The server does not answer. Is it still running?" : `${error.message}.`, true);
  }
}

function show(upright, answer) {
  picture = upright;
  detections = answer.detections;
  colours = new Map([...new Set(detections.map((each) => each.class))].map((name, index) => [name, COLOURS[index % COLOURS.length]]));
  result.hidden = false;
  draw();
}

function draw() {
  const visible = detections.filter((each) => each.score >= Number(least.value));
  shown.textContent = Number(least.value).toFixed(2);
  count.textContent = `${visible.length} of ${detections.length} ${detections.length === 1 ? "detection" : "detections"}`;
  rows.replaceChildren(...visible.map(row));
  canvas.setAttribute("aria-label", `The image with ${visible.length} boxes, which the table lists`);
  drawPicture(visible);
}

function row(detection) {
  const line = document.createElement("tr");
  const { xmin, ymin, xmax, ymax } = detection.box;
  const cells = [detection.class, detection.score.toFixed(2), [xmin, ymin, xmax, ymax].map(Math.round).join(", ")];
  line.append(...cells.map((text, index) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (index) cell.className = "n";
    return cell;
  }));
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.style.color = colours.get(detection.class);
  line.firstChild.prepend(swatch);
  return line;
}

function drawPicture(visible) {
  const density = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const scale = width / picture.width; // CSS px for each px of the image
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(picture.height * scale * density);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.scale(density, density);
  for (const detection of visible.toReversed()) drawBox(context, detection, scale); // the best on top
  const labels = [];
  for (const detection of visible) drawLabel(context, detection, scale, width, labels);
}

function drawBox(context, detection, scale) {
  const [left, top, right, bottom] = ["xmin", "ymin", "xmax", "ymax"].map((side) => detection.box[side] * scale);
  context.lineWidth = 4;
  context.strokeStyle = "rgb(255 255 255 / 70%)"; // an edge that shows on any picture
  context.strokeRect(left, top, right - left, bottom - top);
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = colours.get(detection.class);
  context.strokeRect(left, top, right - left, bottom - top);
  for (const { x, y, visible } of detection.keypoints ?? []) {
    if (visible < 0.5) continue;
    context.beginPath();
    context.arc(x * scale, y * scale, 3.5, 0, 2 * Math.PI);
    context.fill();
  }
}

// Writes class and score above a box, or lower, where the label of a better detection is in the way.
function drawLabel(context, detection, scale, width, labels) {
  context.font = "600 13px system-ui, sans-serif";
  context.textBaseline = "middle";
  const text = `${detection.class} ${detection.score.toFixed(2)}`;
  const length = context.measureText(text).width + 10;
  const x = Math.max(0, Math.min(detection.box.xmin * scale - 1, width - length));
  const overlaps = (other) => Math.abs(y - other.y) < 20 && x < other.x + other.length && other.x < x + length;
  let y = Math.max(0, detection.box.ymin * scale - 20);
  for (let other; (other = labels.find(overlaps)); ) y = other.y + 20;
  labels.push({ x, y, length });
  context.fillStyle = colours.get(detection.class);
  context.fillRect(x, y, length, 20);
  context.fillStyle = "#fff";
  context.fillText(text, x + 5, y + 10.5);
}

function take(files) {
  if (files.length) detect(files[0]);
}

file.addEventListener("change", () => { take(file.files); file.value = ""; });
least.addEventListener("input", draw);
window.addEventListener("resize", () => { if (!result.hidden) draw(); });
window.addEventListener("paste", (event) => take(event.clipboardData.files));
window.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
window.addEventListener("dragleave", () => document.body.classList.remove("over"));
window.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take(event.dataTransfer.files);
});
