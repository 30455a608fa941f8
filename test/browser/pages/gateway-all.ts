// In a page: all that tests of the gateway order.
import "./gateway.js";
import "./gateway-endings.js";
import "./gateway-guests.js";
