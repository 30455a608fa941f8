import { testEndings } from "./gateway-endings.js";

testEndings("firefox");
