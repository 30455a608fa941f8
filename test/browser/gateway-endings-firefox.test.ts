// How connections through a gateway end, in Firefox.
import { testEndings } from "./gateway-endings.js";

testEndings("firefox");
