// A page of numbers, kept present: the server writes its parts anew when something has changed.

import { startCharts } from "./charts.js";
import { listen } from "./connection.js";
import { renewer, renewParts } from "./parts.js";
import { keepTime } from "./words.js";

listen("/ws/stats", { told: renewer(), poll: renewParts });
startCharts();
keepTime();
