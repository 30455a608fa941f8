import { testPrograms } from "./programs.js";

testPrograms("chromium");
