// Verifies each delivery of a file with its secret, then once more with a byte of it changed; tells how many passed.
const fs = require("fs");
const { Webhook } = require("standardwebhooks");

const passes = ({ secret, headers }, body) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    return false;
  }
};

const deliveries = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const genuine = deliveries.filter((one) => passes(one, one.body)).length;
const changed = deliveries.filter((one) => passes(one, one.body + " ")).length;
console.log(JSON.stringify({ genuine, changed }));
