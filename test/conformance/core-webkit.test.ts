// The core bodies in WebKit.
import { testCoreBodiesIn } from "./core-page-arm.js";

await testCoreBodiesIn("webkit");
