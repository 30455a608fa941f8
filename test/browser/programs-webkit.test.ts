import { testPrograms } from "./programs.js";

testPrograms("webkit");
