// The TypeScript bodies in WebKit.
import { testFaceBodiesIn } from "./face-browser.js";

testFaceBodiesIn("webkit");
