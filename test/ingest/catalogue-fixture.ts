/**
 * The built-in definitions, typed from the specification's tables, independent of the code under test. In a
 * row: the id, then its properties; T text, B boolean, D date, N number, `!` mandatory.
 */

export interface Expected {
  id: string;
  category: string;
  enabled: boolean;
  properties: { name: string; type: string; required: boolean }[];
}

const TYPES: Record<string, string> = { T: "text", B: "boolean", D: "date", N: "number" };

function group(category: string, enabled: boolean, rows: string, shared = ""): Expected[] {
  return rows
    .trim()
    .split("\n")
    .map((row) => {
      const [id = "", own = ""] = row.split(":").map((part) => part.trim());
      const properties = [own, shared].filter((part) => part !== "").flatMap((part) => part.split(", "));
      return {
        id,
        category,
        enabled,
        properties: properties.map((property) => {
          const [name = "", type = ""] = property.split(" ");
          return { name, type: TYPES[type.slice(0, 1)] ?? "", required: type.endsWith("!") };
        }),
      };
    });
}

const TEMPLATE = group(
  "template",
  true,
  `
  itemViewed: itemID N!, duration N
  itemPurchased: itemID N!, amount N, price N, profit N
  ratingAdded: itemID N!, rating N
  addedToCart: itemID N!, amount N, price N
  addedToFavourites: itemID N!
  viewPortionSet: itemID N!, portion N, sessionID T
`,
);

const PEOPLE = group(
  "people",
  false,
  `
  sessionStarted: sessionId T, sessionStart T, sessionType T, utm_source T, utm_medium T, utm_campaign T, utm_term T, utm_content T
  pageView: pageTitle T, url T, domain T, path T, deviceType T, timestamp D, browserName T, browserVersion T, browserOS T, referrer T, browserLanguage T, websiteLanguage T
  sessionEnded: sessionId T, sessionEnd T, sessionLength N, sessionType T, utm_source T, utm_medium T, utm_campaign T, utm_term T, utm_content T
  personCreated
  personMerged: mergedPersonId T
  nameChanged: attribute T, oldValue T, newValue T
  locationChanged: attribute T, oldValue T, newValue T
  standardAttributeChanged: attribute T, oldValue T, newValue T
  tagAdded: tag T
  tagRemoved: tag T
  emailAddressAdded: address T
  emailAddressChanged: address T, oldAddress T
  emailAddressDeleted: address T
  pushContactAdded: address T
  pushContactChanged: address T, oldAddress T
  pushContactDeleted: address T
  facebookContactAdded: address T
  facebookContactChanged: address T, oldAddress T
  facebookContactDeleted: address T
  phoneNumberAdded: address T
  phoneNumberChanged: address T, oldAddress T
  phoneNumberDeleted: address T
  contactInformationChanged: kind T, address T
  customAttributeChanged: attribute T, oldValue T, newValue T
`,
);

const CHANNEL = group(
  "channel",
  true,
  `
  emailSent
  emailDelivered
  emailOpened
  emailLinkClicked: url T
  emailUnsubscribed
  emailComplained
  pushSent
  pushDelivered
  pushOpened
  inAppMessageSent
  inAppMessageDelivered
  inAppMessageSeen
  inAppMessageClicked
  smsSent
  smsDelivered
  smsLinkClicked: url T
  whatsAppSent
  whatsAppDelivered
  whatsAppOpened
  whatsAppLinkClicked: url T
  viberSent
  viberDelivered
  viberOpened
  viberLinkClicked: url T
  messengerSent
  messengerDelivered
  messengerOpened
  messengerLinkClicked: url T
  mobileAppPersonalized
  mobileAppDepersonalized
  mobileAppInstalled
  mobileAppUninstalled
  mobileAppLaunched
  voiceCallInitiated
  voiceCallAnswered
  voiceCallNotAnswered
  voiceBusy
  voiceCallAnsweredByMachine
  voiceInboundCallAnswered
  voiceCallForwardedBusy
  voiceCallForwardedNotAnswered
  voiceIvrPlayed
  voiceIvrInformationCollected
  voiceUserHangUp
  lineSent
  lineLinkClicked: url T
  mmsSent
  mmsDelivered
`,
  "flowElementId T, messageId T",
);

const FLOW = group(
  "product",
  false,
  `
  personEnteredFlow: flowId T
  personExitedFlow: flowId T
`,
  "flowElementId T, messageId T",
);

const PRODUCT = group(
  "product",
  false,
  `
  chatbotSessionStarted: chatbotId T, sessionId T
  chatbotSessionEnded: chatbotId T, sessionId T
  chatbotSessionFailedToStart: chatbotId T, sessionId T
  conversationCreated: conversationId T
  conversationClosed: conversationId T
  formSubmitted: formId T
`,
);

const CONVERSION = group(
  "conversion",
  true,
  `
  add_payment_info
  add_to_cart
  complete_registration
  contact
  initiate_checkout
  lead_generated
  purchase
  schedule
  sign_up
  start_trial
  submit_application
  subscribe
  upsell_purchase
  view_content
  webinar_registration
  ${Array.from({ length: 50 }, (_, n) => `custom_event_${n + 1}`).join("\n")}
`,
  "amount N, is_upsell B, order_id T, order_name T, event_url T",
);

/** Each built-in definition, group by group. */
export const EXPECTED: readonly Expected[] = [...TEMPLATE, ...PEOPLE, ...CHANNEL, ...FLOW, ...PRODUCT, ...CONVERSION];

/** The names of the channel table, channel by channel, in its order. */
export const CHANNEL_TABLE: readonly (readonly [channel: string, events: readonly string[], ids: readonly string[]])[] =
  [
    [
      "Email",
      ["Sent", "Delivered", "Opened", "Clicked", "Unsubscribed", "Complained"],
      ["emailSent", "emailDelivered", "emailOpened", "emailLinkClicked", "emailUnsubscribed", "emailComplained"],
    ],
    ["Mobile push", ["Sent", "Delivered", "Opened"], ["pushSent", "pushDelivered", "pushOpened"]],
    [
      "In-app message",
      ["Sent", "Delivered", "Seen", "Clicked"],
      ["inAppMessageSent", "inAppMessageDelivered", "inAppMessageSeen", "inAppMessageClicked"],
    ],
    ["SMS", ["Sent", "Delivered", "Clicked"], ["smsSent", "smsDelivered", "smsLinkClicked"]],
    [
      "WhatsApp",
      ["Sent", "Delivered", "Opened", "Clicked"],
      ["whatsAppSent", "whatsAppDelivered", "whatsAppOpened", "whatsAppLinkClicked"],
    ],
    [
      "Viber",
      ["Sent", "Delivered", "Opened", "Clicked"],
      ["viberSent", "viberDelivered", "viberOpened", "viberLinkClicked"],
    ],
    [
      "Messenger",
      ["Sent", "Delivered", "Opened", "Clicked"],
      ["messengerSent", "messengerDelivered", "messengerOpened", "messengerLinkClicked"],
    ],
    [
      "Mobile App",
      ["Personalize", "Depersonalize", "Install", "Uninstall", "App Launch"],
      [
        "mobileAppPersonalized",
        "mobileAppDepersonalized",
        "mobileAppInstalled",
        "mobileAppUninstalled",
        "mobileAppLaunched",
      ],
    ],
    [
      "Voice",
      [
        "Voice Call Initiated",
        "Voice Call Answered",
        "Voice Call Not Answered",
        "Voice Busy",
        "Voice Call Answered By Machine",
        "Voice Inbound Call Answered",
        "Call Forwarded Busy",
        "Call Forwarded Not Answered",
        "Voice IVR Played",
        "Voice IVR Information collected",
        "Voice User Hang Up",
      ],
      [
        "voiceCallInitiated",
        "voiceCallAnswered",
        "voiceCallNotAnswered",
        "voiceBusy",
        "voiceCallAnsweredByMachine",
        "voiceInboundCallAnswered",
        "voiceCallForwardedBusy",
        "voiceCallForwardedNotAnswered",
        "voiceIvrPlayed",
        "voiceIvrInformationCollected",
        "voiceUserHangUp",
      ],
    ],
    ["LINE", ["Sent", "Link Clicked"], ["lineSent", "lineLinkClicked"]],
    ["MMS", ["Sent", "Delivered"], ["mmsSent", "mmsDelivered"]],
  ];
