/** What the events of the built-in definitions tell: a sentence for each. */

/** Of channels: what happened to a message, as the end of a sentence. */
const REACTIONS = {
  Sent: "was sent to the person",
  Delivered: "reached the person's device or mailbox",
  Opened: "was opened by the person",
  LinkClicked: "has a link that the person followed",
  Clicked: "was clicked by the person",
  Seen: "was shown to the person",
  Unsubscribed: "has a link by which the person unsubscribed",
  Complained: "was reported as spam by the person",
} as const;

type Reaction = keyof typeof REACTIONS;

/** The prefix of a channel's ids, what its messages are called, and what can happen to one. */
const MESSAGES: readonly (readonly [prefix: string, message: string, reactions: readonly Reaction[]])[] = [
  ["email", "An email", ["Sent", "Delivered", "Opened", "LinkClicked", "Unsubscribed", "Complained"]],
  ["push", "A push notification", ["Sent", "Delivered", "Opened"]],
  ["inAppMessage", "A message inside the app", ["Sent", "Delivered", "Seen", "Clicked"]],
  ["sms", "A text message", ["Sent", "Delivered", "LinkClicked"]],
  ["whatsApp", "A WhatsApp message", ["Sent", "Delivered", "Opened", "LinkClicked"]],
  ["viber", "A Viber message", ["Sent", "Delivered", "Opened", "LinkClicked"]],
  ["messenger", "A Messenger message", ["Sent", "Delivered", "Opened", "LinkClicked"]],
  ["line", "A LINE message", ["Sent", "LinkClicked"]],
  ["mms", "A multimedia message", ["Sent", "Delivered"]],
];

const CHANNEL = {
  ...Object.fromEntries(
    MESSAGES.flatMap(([prefix, message, reactions]) =>
      reactions.map((each) => [`${prefix}${each}`, `${message} ${REACTIONS[each]}.`]),
    ),
  ),
  mobileAppPersonalized: "An installation of the mobile app was linked to the person.",
  mobileAppDepersonalized: "An installation of the mobile app was unlinked from the person.",
  mobileAppInstalled: "The person installed the mobile app.",
  mobileAppUninstalled: "The person removed the mobile app.",
  mobileAppLaunched: "The person opened the mobile app.",
  voiceCallInitiated: "A call to the person began.",
  voiceCallAnswered: "The person took a call.",
  voiceCallNotAnswered: "The person did not take a call.",
  voiceBusy: "The person's line was busy.",
  voiceCallAnsweredByMachine: "An answering machine took a call to the person.",
  voiceInboundCallAnswered: "A call from the person was taken.",
  voiceCallForwardedBusy: "A forwarded call met a busy line.",
  voiceCallForwardedNotAnswered: "A forwarded call was not taken.",
  voiceIvrPlayed: "A recorded menu was played to the person.",
  voiceIvrInformationCollected: "The person entered something in a recorded menu.",
  voiceUserHangUp: "The person ended a call.",
};

const TEMPLATE = {
  itemViewed: "The person looked at an item.",
  itemPurchased: "The person bought an item.",
  ratingAdded: "The person rated an item.",
  addedToCart: "The person put an item into the cart.",
  addedToFavourites: "The person marked an item as a favourite.",
  viewPortionSet: "The person watched or read a part of an item, such as a video or an article.",
};

const CONTACTS = {
  emailAddress: "An email address",
  pushContact: "A device for push notifications",
  facebookContact: "A Facebook contact",
  phoneNumber: "A phone number",
};

const PEOPLE = {
  sessionStarted: "A visit of the person to the website began.",
  pageView: "The person opened a page of the website.",
  sessionEnded: "A visit of the person to the website ended.",
  personCreated: "The person's profile was made.",
  personMerged: "Another profile was merged into the person's.",
  nameChanged: "A first, middle or last name in the profile changed.",
  locationChanged: "An address, a city or a country in the profile changed.",
  standardAttributeChanged: "Another native attribute of the profile changed, such as the date of birth.",
  tagAdded: "The profile got a tag.",
  tagRemoved: "The profile lost a tag.",
  ...Object.fromEntries(
    Object.entries(CONTACTS).flatMap(([prefix, contact]) => [
      [`${prefix}Added`, `${contact} was added to the profile.`],
      [`${prefix}Changed`, `${contact} of the profile changed.`],
      [`${prefix}Deleted`, `${contact} was removed from the profile.`],
    ]),
  ),
  contactInformationChanged: "Another way to reach the person was added, changed or removed.",
  customAttributeChanged: "An attribute of your own changed in the profile.",
};

const PRODUCT = {
  personEnteredFlow: "The person entered the flow of a campaign.",
  personExitedFlow: "The person left the flow of a campaign.",
  chatbotSessionStarted: "A conversation of the person with a chatbot began.",
  chatbotSessionEnded: "A conversation of the person with a chatbot ended.",
  chatbotSessionFailedToStart: "A conversation of the person with a chatbot could not begin.",
  conversationCreated: "A conversation with the person was opened.",
  conversationClosed: "A conversation with the person was closed.",
  formSubmitted: "The person sent a form.",
};

const CONVERSION = {
  add_payment_info: "The person entered how to pay.",
  add_to_cart: "The person put something into the cart.",
  complete_registration: "The person completed a registration.",
  contact: "The person got in touch.",
  initiate_checkout: "The person began to check out.",
  lead_generated: "The person became a lead.",
  purchase: "The person bought something.",
  schedule: "The person made an appointment.",
  sign_up: "The person signed up.",
  start_trial: "The person began a trial.",
  submit_application: "The person sent an application.",
  subscribe: "The person began a subscription.",
  upsell_purchase: "The person bought something in addition to an order.",
  view_content: "The person looked at a page that matters.",
  webinar_registration: "The person registered for a webinar.",
};

const BY_ID: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...TEMPLATE, ...PEOPLE, ...CHANNEL, ...PRODUCT, ...CONVERSION }),
);

/** What the events of a built-in definition tell. The 50 custom conversions have what the space makes of them. */
export const descriptionOf = (id: string): string => BY_ID.get(id) ?? "A conversion that the space names.";
