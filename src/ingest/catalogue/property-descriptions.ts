/** What the properties of the built-in definitions tell: by their names, and for some by the definition too. */

const UTM = (what: string) => `The campaign's ${what}, as the page's address had it.`;

const NAMES = {
  itemID: "The item's id.",
  duration: "How long the item was looked at.",
  price: "The price of the item.",
  profit: "The profit of the sale.",
  rating: "The rating that the person gave.",
  portion: "The part that was seen, from 0 (nothing) to 1 (all): what was skipped does not count.",
  sessionID: "The id of the session in which the item was seen.",

  sessionId: "The id of the session.",
  sessionStart: "When the session began: DD/MM/YYYY HH:MM:ss on the clocks of the space's zone.",
  sessionEnd: "When the session ended: DD/MM/YYYY HH:MM:ss on the clocks of the space's zone.",
  sessionLength: "Seconds from the beginning of the session to its end.",
  sessionType: "The type of the session: Web, if it is left out.",
  utm_source: `${UTM("source")} \`direct\` for a session of type Web without any of these.`,
  utm_medium: UTM("medium"),
  utm_campaign: UTM("name"),
  utm_term: UTM("search term"),
  utm_content: UTM("content"),

  pageTitle: "The page's title.",
  domain: "The host name of the page's address.",
  path: "The path of the page's address: it begins with a slash.",
  deviceType: "The kind of device: unknown, mobile, tablet, desktop, spider, TV or console.",
  timestamp: "When the page was opened.",
  browserName: "The browser, from the request's User-Agent.",
  browserVersion: "The browser's version, from the request's User-Agent.",
  browserOS: "The operating system, from the request's User-Agent.",
  referrer: "The address of the page that led to this one.",
  browserLanguage: "The language of the browser.",
  websiteLanguage: "The language of the page.",

  mergedPersonId: "The id of the profile that was merged.",
  attribute: "The attribute's name.",
  oldValue: "The value before, as a text.",
  newValue: "The value afterwards, as a text.",
  tag: "The tag's id.",
  address: "The email address, number, token or id of the contact.",
  oldAddress: "The same before the change.",
  kind: "The kind of contact: the name of an identifier.",

  flowElementId: "The id of the flow's element that led to the event.",
  messageId: "The id of the message.",
  url: "The link that was followed.",
  flowId: "The id of the flow.",
  chatbotId: "The id of the chatbot.",
  conversationId: "The id of the conversation.",
  formId: "The id of the form.",

  amount: "The value of the conversion, which attribution shares out.",
  is_upsell: "Whether it came in addition to an order.",
  order_id: "The id of the order.",
  order_name: "The name of the order.",
  event_url: "The address at which it happened.",
};

const BY_NAME: ReadonlyMap<string, string> = new Map(Object.entries(NAMES));

/** By definition and name, where a name means something else. */
const OTHERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "itemPurchased amount": "How many of the item were bought.",
    "addedToCart amount": "How many of the item were put into the cart.",
    "pageView url": "The page's address, of which 1,500 characters are kept.",
    "chatbotSessionStarted sessionId": "The id of the conversation.",
    "chatbotSessionEnded sessionId": "The id of the conversation.",
    "chatbotSessionFailedToStart sessionId": "The id of the conversation.",
  }),
);

/** @returns null for a property that no built-in definition has. */
export const propertyDescriptionOf = (id: string, name: string): string | null =>
  OTHERS.get(`${id} ${name}`) ?? BY_NAME.get(name) ?? null;
