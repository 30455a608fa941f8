// The programs of the shipped file in WebKitGTK.
import { testPrograms } from "./programs.js";

testPrograms("webkit");
