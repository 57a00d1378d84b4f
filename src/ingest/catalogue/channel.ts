/** The delivery of messages and the reactions to them, by channel. */

import { FLOW_PROPERTIES, group, text } from "./built-in.ts";

const URL = [text("url")];

export const CHANNEL = group(
  "channel",
  true,
  [
    ["emailSent", "Email sent"],
    ["emailDelivered", "Email delivered"],
    ["emailOpened", "Email opened"],
    ["emailLinkClicked", "Email link clicked", URL],
    ["emailUnsubscribed", "Email unsubscribed"],
    ["emailComplained", "Email complained"],

    ["pushSent", "Push sent"],
    ["pushDelivered", "Push delivered"],
    ["pushOpened", "Push opened"],

    ["inAppMessageSent", "In-app message sent"],
    ["inAppMessageDelivered", "In-app message delivered"],
    ["inAppMessageSeen", "In-app message seen"],
    ["inAppMessageClicked", "In-app message clicked"],

    ["smsSent", "SMS sent"],
    ["smsDelivered", "SMS delivered"],
    ["smsLinkClicked", "SMS link clicked", URL],

    ["whatsAppSent", "WhatsApp sent"],
    ["whatsAppDelivered", "WhatsApp delivered"],
    ["whatsAppOpened", "WhatsApp opened"],
    ["whatsAppLinkClicked", "WhatsApp link clicked", URL],

    ["viberSent", "Viber sent"],
    ["viberDelivered", "Viber delivered"],
    ["viberOpened", "Viber opened"],
    ["viberLinkClicked", "Viber link clicked", URL],

    ["messengerSent", "Messenger sent"],
    ["messengerDelivered", "Messenger delivered"],
    ["messengerOpened", "Messenger opened"],
    ["messengerLinkClicked", "Messenger link clicked", URL],

    ["mobileAppPersonalized", "Mobile app personalized"],
    ["mobileAppDepersonalized", "Mobile app depersonalized"],
    ["mobileAppInstalled", "Mobile app installed"],
    ["mobileAppUninstalled", "Mobile app uninstalled"],
    ["mobileAppLaunched", "Mobile app launched"],

    ["voiceCallInitiated", "Voice call initiated"],
    ["voiceCallAnswered", "Voice call answered"],
    ["voiceCallNotAnswered", "Voice call not answered"],
    ["voiceBusy", "Voice busy"],
    ["voiceCallAnsweredByMachine", "Voice call answered by machine"],
    ["voiceInboundCallAnswered", "Voice inbound call answered"],
    ["voiceCallForwardedBusy", "Voice call forwarded, busy"],
    ["voiceCallForwardedNotAnswered", "Voice call forwarded, not answered"],
    ["voiceIvrPlayed", "Voice IVR played"],
    ["voiceIvrInformationCollected", "Voice IVR information collected"],
    ["voiceUserHangUp", "Voice user hang-up"],

    ["lineSent", "LINE sent"],
    ["lineLinkClicked", "LINE link clicked", URL],

    ["mmsSent", "MMS sent"],
    ["mmsDelivered", "MMS delivered"],
  ],
  FLOW_PROPERTIES,
);
