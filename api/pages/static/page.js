// Drag and drop, and the chosen file's name. The page works without this file: the form is a form.
(function () {
  "use strict";
  var drop = document.getElementById("drop");
  var file = document.getElementById("file");
  var chosen = document.getElementById("chosen");
  if (!drop || !file) { return; }
  ["dragenter", "dragover"].forEach(function (name) {
    drop.addEventListener(name, function (event) { event.preventDefault(); drop.classList.add("over"); });
  });
  ["dragleave", "drop"].forEach(function (name) {
    drop.addEventListener(name, function () { drop.classList.remove("over"); });
  });
  drop.addEventListener("drop", function (event) {
    event.preventDefault();
    if (!event.dataTransfer.files.length) { return; }
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change", { bubbles: true }));
    document.getElementById("form").requestSubmit();
  });
  file.addEventListener("change", function () {
    if (file.files.length) { chosen.textContent = file.files[0].name; }
  });
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    // Problems are shown, not dropped. One that the edge found (too large, too many requests) is
    // JSON: its words go in as text.
    var xhr = event.detail.xhr;
    if (xhr.status < 400) { return; }
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    if ((xhr.getResponseHeader("Content-Type") || "").indexOf("json") < 0) { return; }
    var problem = JSON.parse(xhr.responseText);
    var box = document.createElement("div");
    var head = document.createElement("strong");
    var body = document.createElement("p");
    box.className = "sentence problem";
    box.setAttribute("role", "alert");
    head.textContent = problem.title;
    body.textContent = problem.detail + " (" + problem.code + ")";
    box.append(head, body);
    event.detail.serverResponse = box.outerHTML;
  });
  document.body.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target.id === "verdict") { event.detail.target.focus(); }
  });
})();
