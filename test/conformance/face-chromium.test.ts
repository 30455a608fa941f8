// The TypeScript bodies in Chromium.
import { testFaceBodiesIn } from "./face-browser.js";

testFaceBodiesIn("chromium");
