/** Events of flows, chatbots, conversations and forms. */

import { FLOW_PROPERTIES, group, text } from "./built-in.ts";

const FLOW = [text("flowId"), ...FLOW_PROPERTIES];
const SESSION = [text("chatbotId"), text("sessionId")];

export const PRODUCT = group("product", false, [
  ["personEnteredFlow", "Person entered flow", FLOW],
  ["personExitedFlow", "Person exited flow", FLOW],
  ["chatbotSessionStarted", "Chatbot session started", SESSION],
  ["chatbotSessionEnded", "Chatbot session ended", SESSION],
  ["chatbotSessionFailedToStart", "Chatbot session failed to start", SESSION],
  ["conversationCreated", "Conversation created", [text("conversationId")]],
  ["conversationClosed", "Conversation closed", [text("conversationId")]],
  ["formSubmitted", "Form submitted", [text("formId")]],
]);
