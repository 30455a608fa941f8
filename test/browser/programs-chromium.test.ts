// The programs of the shipped file in Chromium.
import { testPrograms } from "./programs.js";

testPrograms("chromium");
