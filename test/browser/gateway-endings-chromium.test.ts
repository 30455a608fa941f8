// How connections through a gateway end, in Chromium.
import { testEndings } from "./gateway-endings.js";

testEndings("chromium");
