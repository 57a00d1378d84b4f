/** Actions of persons, and changes of their profiles. */

import { date, group, number, text } from "./built-in.ts";

const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"].map(text);
const CHANGE = ["attribute", "oldValue", "newValue"].map(text);
const ADDRESS = [text("address")];
const NEW_ADDRESS = [text("address"), text("oldAddress")];

export const PEOPLE = group("people", false, [
  ["sessionStarted", "Session started", [text("sessionId"), text("sessionStart"), text("sessionType"), ...UTM]],
  [
    "pageView",
    "Page view",
    [
      ...["pageTitle", "url", "domain", "path", "deviceType"].map(text),
      date("timestamp"),
      ...["browserName", "browserVersion", "browserOS", "referrer", "browserLanguage", "websiteLanguage"].map(text),
    ],
  ],
  [
    "sessionEnded",
    "Session ended",
    [text("sessionId"), text("sessionEnd"), number("sessionLength"), text("sessionType"), ...UTM],
  ],
  ["personCreated", "Person created"],
  ["personMerged", "Person merged", [text("mergedPersonId")]],

  ["nameChanged", "Name changed", CHANGE],
  ["locationChanged", "Location changed", CHANGE],
  ["standardAttributeChanged", "Standard attribute changed", CHANGE],
  ["tagAdded", "Tag added", [text("tag")]],
  ["tagRemoved", "Tag removed", [text("tag")]],

  ["emailAddressAdded", "Email address added", ADDRESS],
  ["emailAddressChanged", "Email address changed", NEW_ADDRESS],
  ["emailAddressDeleted", "Email address deleted", ADDRESS],
  ["pushContactAdded", "Push contact added", ADDRESS],
  ["pushContactChanged", "Push contact changed", NEW_ADDRESS],
  ["pushContactDeleted", "Push contact deleted", ADDRESS],
  ["facebookContactAdded", "Facebook contact added", ADDRESS],
  ["facebookContactChanged", "Facebook contact changed", NEW_ADDRESS],
  ["facebookContactDeleted", "Facebook contact deleted", ADDRESS],
  ["phoneNumberAdded", "Phone number added", ADDRESS],
  ["phoneNumberChanged", "Phone number changed", NEW_ADDRESS],
  ["phoneNumberDeleted", "Phone number deleted", ADDRESS],
  ["contactInformationChanged", "Contact information changed", [text("kind"), text("address")]],

  ["customAttributeChanged", "Custom attribute changed", CHANGE],
]);
