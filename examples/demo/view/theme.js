// Light, dark, or as the system has it. The choice is kept, where the browser lets a page keep something.

import { byId } from "./dom.js";

const CHOICES = ["system", "light", "dark"];
const KEY = "theme";

export function installTheme() {
  const button = byId("theme");
  let choice = "system";
  const show = () => {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.textContent = `Theme: ${choice}`;
  };
  try {
    const kept = localStorage.getItem(KEY);
    if (CHOICES.includes(kept)) choice = kept;
  } catch {
    // A page without storage has the system's theme.
  }
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    show();
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // As above.
    }
  });
  show();
}
