// The programs of the shipped file in Firefox.
import { testPrograms } from "./programs.js";

testPrograms("firefox");
