// Drag and drop, the chosen file's name, readable errors. The page works without this file: the
// form is a form.
(function () {
  "use strict";
  var form = document.getElementById("form");
  var drop = document.getElementById("drop");
  var file = document.getElementById("file");
  var chosen = document.getElementById("chosen");
  var verdict = document.getElementById("verdict");
  if (!form || !drop || !file) { return; }
  document.documentElement.classList.add("js");

  function problem(text, code) {
    var box = document.createElement("div");
    var head = document.createElement("strong");
    var body = document.createElement("p");
    box.className = "sentence problem";
    head.textContent = form.dataset.error;
    body.textContent = text + (code ? " (" + code + ")" : "");
    box.append(head, body);
    return box;
  }

  function show(box) {
    verdict.replaceChildren(box);
    verdict.focus();
  }

  function tooLarge() {
    return file.files.length > 0 && file.files[0].size > Number(form.dataset.limitBytes);
  }

  // A drop anywhere counts; elsewhere the browser would leave the page to open the file.
  ["dragenter", "dragover"].forEach(function (name) {
    window.addEventListener(name, function (event) { event.preventDefault(); drop.classList.add("over"); });
  });
  window.addEventListener("dragleave", function (event) {
    if (event.relatedTarget === null) { drop.classList.remove("over"); }
  });
  window.addEventListener("drop", function (event) {
    event.preventDefault();
    drop.classList.remove("over");
    if (!event.dataTransfer.files.length) { return; }
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change", { bubbles: true }));
    form.requestSubmit();
  });
  file.addEventListener("change", function () {
    chosen.hidden = file.files.length === 0;
    chosen.textContent = file.files.length ? file.files[0].name : "";
  });

  document.body.addEventListener("htmx:beforeRequest", function (event) {
    if (!tooLarge()) { return; }
    event.preventDefault();
    show(problem(form.dataset.tooLarge, "TOO_LARGE"));
  });
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    // Problems are shown, not dropped. One that the edge found (too many requests) is JSON: its
    // words go in as text.
    var xhr = event.detail.xhr;
    if (xhr.status < 400) { return; }
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    if ((xhr.getResponseHeader("Content-Type") || "").indexOf("json") < 0) { return; }
    var found = JSON.parse(xhr.responseText);
    event.detail.serverResponse = problem(found.title + " " + found.detail, found.code).outerHTML;
  });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.body.addEventListener(name, function () { show(problem(form.dataset.unreachable)); });
  });
  document.body.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target === verdict) { verdict.focus(); }
  });
})();
