/** Starts the page, if the emulator plays the service that it belongs to. */
import "./main.css";
import { createRoot } from "react-dom/client";
import { App, Stranger } from "./app.js";
import { strangersName } from "./emulator.js";

const place = document.getElementById("root");
if (!place) throw new Error("the page has no place for it");
const root = createRoot(place);
strangersName().then(
  (service) => root.render(service === null ? <App /> : <Stranger service={service} />),
  (error) => root.render(<p className="empty">{(error as Error).message}</p>),
);
