// Loads the page's program, so that a part that does not arrive is told in words, not by a page that stays still.

import("./main.js").then(({ start }) => start()).catch((error) => {
  const text = error instanceof Error ? error.message : String(error);
  document.getElementById("now").textContent = `The page could not start: ${text}`;
  document.getElementById("now-lamp").dataset.state = "bad";
  const state = document.getElementById("engine-state");
  state.textContent = "not running";
  state.dataset.state = "bad";
});
