/** The page: two users side by side. */
import { useState } from "react";
import { Mark } from "./icons.js";
import { Pane } from "./pane.js";

export function App() {
  const [left, setLeft] = useState("alice");
  const [right, setRight] = useState("bob");
  return (
    <>
      <Bar />
      <main className="panes">
        <Pane key={`left ${left}`} user={left} other={right} onUser={setLeft} />
        <Pane key={`right ${right}`} user={right} other={left} onUser={setRight} />
      </main>
    </>
  );
}

export function Stranger({ service }: { readonly service: string }) {
  return (
    <>
      <Bar />
      <main>
        <p className="empty">
          This page belongs to Heliograph's own service. The emulator plays another one: {service}.
        </p>
      </main>
    </>
  );
}

function Bar() {
  return (
    <header className="bar">
      <Mark />
      <h1>
        Heliograph <span>demo</span>
      </h1>
      <nav aria-label="Other pages">
        <a href="/_inspector/">Inspector</a>
      </nav>
    </header>
  );
}
