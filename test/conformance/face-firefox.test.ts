// The TypeScript bodies in Firefox.
import { testFaceBodiesIn } from "./face-browser.js";

testFaceBodiesIn("firefox");
