import { testRefusal } from "./components.js";

testRefusal("webkit");
