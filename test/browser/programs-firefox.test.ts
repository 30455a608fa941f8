import { testPrograms } from "./programs.js";

testPrograms("firefox");
