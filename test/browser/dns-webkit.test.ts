// DNS in a page of WebKitGTK.
import { testDns } from "./dns-tests.js";

testDns("webkit");
