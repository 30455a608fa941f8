import { testComponents } from "./components.js";

testComponents("firefox");
