// Components of WASI 0.2 in WebKitGTK.
import { testRefusal } from "./components.js";

testRefusal("webkit");
