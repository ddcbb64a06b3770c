// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SHOWN_MS, Toaster, URGENT_SHOWN_MS } from "../../demo/toaster.js";
import { useToasts } from "../../demo/use_toasts.js";
import { type Notification, readNotification } from "../../src/notifications.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function arrival(title: string, priority = "normal"): Notification {
  return readNotification({ id: title, title, priority }) as Notification;
}

function Page({ arrivals }: { readonly arrivals: readonly Notification[] }) {
  const { show, ...toasts } = useToasts();
  return (
    <>
      <Toaster {...toasts} user="bob" />
      <button type="button" onClick={() => arrivals.forEach(show)}>
        Arrive
      </button>
    </>
  );
}

function arrive(...arrivals: readonly Notification[]): void {
  render(<Page arrivals={arrivals} />);
  fireEvent.click(screen.getByText("Arrive"));
}

const later = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

test("a toast goes by itself", () => {
  arrive(arrival("Lunch?"));

  later(SHOWN_MS - 1);
  expect(screen.queryByText("Lunch?")).not.toBeNull();
  later(1);
  expect(screen.queryByText("Lunch?")).toBeNull();
});

test("it is dismissed, and the others stay", () => {
  arrive(arrival("Lunch?"), arrival("Tea?"));

  fireEvent.click(screen.getByLabelText("Dismiss Lunch?"));

  expect(screen.queryByText("Lunch?")).toBeNull();
  expect(screen.queryByText("Tea?")).not.toBeNull();
});

test("none goes while the pointer is over one of them", () => {
  arrive(arrival("Lunch?"), arrival("Tea?"));
  const toasts = screen.getByLabelText("What has just arrived for bob");

  fireEvent.mouseEnter(toasts);
  later(10 * SHOWN_MS);
  expect(screen.queryByText("Tea?")).not.toBeNull();
  fireEvent.mouseLeave(toasts);
  later(SHOWN_MS);
  expect(screen.queryByText("Tea?")).toBeNull();
});

test("none goes while the keyboard is in one of them", () => {
  arrive(arrival("Lunch?"));
  const button = screen.getByLabelText("Dismiss Lunch?");

  fireEvent.focus(button);
  later(10 * SHOWN_MS);
  expect(screen.queryByText("Lunch?")).not.toBeNull();
  fireEvent.blur(button);
  later(SHOWN_MS);
  expect(screen.queryByText("Lunch?")).toBeNull();
});

test("after one was dismissed under the pointer, the next one goes by itself", () => {
  arrive(arrival("Lunch?"));
  fireEvent.mouseEnter(screen.getByLabelText("What has just arrived for bob"));
  fireEvent.click(screen.getByLabelText("Dismiss Lunch?"));

  fireEvent.click(screen.getByText("Arrive"));
  later(SHOWN_MS);

  expect(screen.queryByText("Lunch?")).toBeNull();
});

test("what is urgent interrupts whoever listens, and stays longer", () => {
  arrive(arrival("Lunch?"), arrival("Fire", "urgent"));
  const politeness = (text: string) =>
    screen.getByText(text).closest("[aria-live]")?.getAttribute("aria-live");

  expect(politeness("Lunch?")).toBe("polite");
  expect(politeness("Fire")).toBe("assertive");
  later(URGENT_SHOWN_MS - 1);
  expect(screen.queryByText("Fire")).not.toBeNull();
  later(1);
  expect(screen.queryByText("Fire")).toBeNull();
});

test("of many that arrive at once the last three are shown", () => {
  arrive(...["one", "two", "three", "four"].map((title) => arrival(title)));

  expect(screen.queryByText("one")).toBeNull();
  expect(screen.queryByText("two")).not.toBeNull();
});
