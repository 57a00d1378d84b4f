/** Short messages that a screen reader reads out and that are shown for some seconds: "Canceled.", "Saved." */

import { createContext, type ComponentChildren } from "preact";
import { useCallback, useContext, useEffect, useState } from "preact/hooks";

const SHOWN_MS = 6_000;

const Say = createContext<(message: string) => void>(() => {});

/** Gives the function that shows a message. */
export const useSay = () => useContext(Say);

export function Messages({ children }: { children: ComponentChildren }) {
  const [message, setMessage] = useState({ text: "", number: 0 });
  const say = useCallback((text: string) => setMessage(({ number }) => ({ text, number: number + 1 })), []);
  useEffect(() => {
    if (message.text === "") return undefined;
    const timer = setTimeout(() => setMessage(({ number }) => ({ text: "", number })), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  return (
    <Say.Provider value={say}>
      {children}
      <div class="message" role="status">
        {message.text}
      </div>
    </Say.Provider>
  );
}
