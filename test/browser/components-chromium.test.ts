import { testComponents } from "./components.js";

testComponents("chromium");
