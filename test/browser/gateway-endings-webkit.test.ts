// How connections through a gateway end, in WebKitGTK.
import { testEndings } from "./gateway-endings.js";

testEndings("webkit");
