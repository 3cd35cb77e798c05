import type { RecallDocument } from "./recall-set.ts";

/** Computing and money: twenty, near each other on purpose. */
export const workDocuments: readonly RecallDocument[] = [
  {
    id: "database-index",
    text: "An index is a sorted copy of some columns with pointers to the rows. A query that filters by customer and sorts by date is served from an index on both columns in this order without looking at anything else. Each index makes writing slower, as it must be kept up to date as well. The planner ignores it if it expects to fetch a large part of the table, or if the column is wrapped in a function. The statement EXPLAIN shows which way was chosen.",
  },
  {
    id: "database-vacuum",
    text: "In PostgreSQL an update leaves the old version of the row in place, because transactions that began earlier may still have to see it. Once nobody needs it any more, autovacuum marks its space as free for reuse. If one session stays open in a transaction for hours, nothing newer than its start can be cleaned up, and tables swell to many times their size. Look for such sessions in pg_stat_activity. Only VACUUM FULL gives the space back to the disk, and it locks the table.",
  },
  {
    id: "database-isolation",
    text: "Two transactions that read the same balance and both subtract from it can lose one of the two changes. Under read committed, the usual default, this is allowed to happen. Repeatable read gives each transaction one snapshot for its whole length and aborts the second writer. Serializable goes further and also finds conflicts between rows that were only read. Whoever chooses the stricter levels must be ready to run a transaction again when the server refuses it with a serialization failure.",
  },
  {
    id: "database-backup",
    text: "A backup that has never been restored is a hope. Practise it every quarter on another machine and write down how long it takes. Keep three copies on two kinds of media, one of them elsewhere and out of reach of the credentials the servers use, since intruders delete backups first. For databases, add to the nightly dump a continuous archive of the write-ahead log: then any moment between two dumps can be brought back, such as the one before the wrong DELETE.",
  },
  {
    id: "cache-stampede",
    text: "When a popular cache entry expires, hundreds of requests may find it missing in the same instant and all go to the database to compute it anew. The load can bring the database down. One remedy lets only the first of them do the work while the rest wait for its result or are served the stale value. Another spreads the lifetimes by a random share, so that entries made together do not end together. Some refresh an entry shortly before it runs out.",
  },
  {
    id: "dns-ttl",
    text: "Every DNS record carries a time to live that tells resolvers how many seconds they may remember it. Before moving a service to another address, lower it from a day to five minutes, and do so at least a day ahead, for the old value is still being remembered until it runs out. After the move raise it again. A few resolvers and many programs, among them older Java runtimes, ignore it and keep addresses until they are restarted.",
  },
  {
    id: "tls-certificate",
    text: "A TLS certificate binds a public key to a host name and is signed by an authority that browsers trust. The server has to send the intermediate certificates along with its own; desktop browsers often find missing ones by themselves, phones and scripts do not, and so the error shows up only there. Lifetimes are being cut step by step to 47 days, which nobody can manage by hand: let an ACME client renew them and warn you if one has less than ten days left.",
  },
  {
    id: "password-hashing",
    text: "Passwords must not be stored in a form that can be turned back. Use a function made to be slow and hungry for memory, such as Argon2id, with a random salt for each account, so that equal passwords do not look equal and tables computed in advance are of no use. General hashes such as SHA-256 are far too quick: one graphics card tries billions of them in a second. Choose the cost so that a check takes about a quarter of a second, and raise it over the years.",
  },
  {
    id: "two-factor",
    text: "A code by text message is the weakest of second factors, since numbers can be moved to another SIM card by a talkative caller at the phone company. Codes from an app are better, but a counterfeit login page can still ask for them and pass them on within seconds. Passkeys and hardware tokens sign a challenge together with the address of the site, so that what is given to a false page is worthless on the real one. Print the recovery codes and keep them with your papers.",
  },
  {
    id: "git-rebase",
    text: "Rebasing takes the commits of a branch and applies them one by one on top of another, with new identities. History becomes a straight line and reads well. It must not be done to commits that others have already built upon, or each of them ends up with both versions. When a conflict comes up, repair the files, add them and go on with --continue; --abort brings everything back to how it was. A lost commit can be found in the reflog for ninety days.",
  },
  {
    id: "container-memory",
    text: "A container that goes beyond its memory limit is killed by the kernel without a chance to clean up; the exit code is 137. Runtimes such as Java or Node size their heaps by what they believe the machine has, and older versions do not see the limit of the control group. Set the maximum heap explicitly to some three quarters of it and leave the rest for stacks, buffers and native code. Page cache counts too, but is given up first.",
  },
  {
    id: "load-testing",
    text: "A load test that sends its next request only after the former was answered hides the worst: while the server stalls, nobody knocks. Real users keep arriving. Send at a fixed rate whatever comes back, and measure from the moment a request should have left. Report the 99th percentile and the maximum, not the mean, which no single user ever experiences. Run the generator on another machine, and long enough to see garbage collection, log rotation and full caches.",
  },
  {
    id: "compound-interest",
    text: "With compound interest the interest itself earns interest. The rule of thumb is to divide 72 by the yearly rate: at six percent, savings double in twelve years, at three in twenty-four. The beginning matters most. Someone who puts aside a hundred a month from 25 to 35 and then stops will often have more at 65 than someone who begins at 35 and never stops. The same arithmetic works against those who owe on a credit card.",
  },
  {
    id: "index-funds",
    text: "An index fund buys all the shares of a market according to their size and pays nobody to choose among them. Its costs are around 0.2 percent a year, against 1.5 for a managed fund, and over fifteen years some nine out of ten managers fall short of the index after costs. Diversification removes the risk of the single company but not that of the market: falls by half have happened and may happen again. Money needed within five years does not belong there.",
  },
  {
    id: "inflation-bonds",
    text: "A bond pays a fixed coupon, and therefore its price falls when interest rates rise: nobody pays full value for two percent if new issues bring four. The longer the time to maturity, the harder the blow; a duration of eight means about eight percent loss for each point. Inflation-linked bonds adjust the principal to the consumer price index and protect the buying power if held to the end. Whoever holds to maturity gets back the nominal amount in any case.",
  },
  {
    id: "mortgage-repayment",
    text: "In the early years of a loan for a house nearly all of the instalment is interest, and only a small part reduces the debt. Extra repayments at that time therefore save the most: each one takes away interest for all the years to come. Read in the contract how much is allowed each year without a penalty. A longer fixed rate costs a little more but gives certainty. The monthly burden should not go beyond a third of the household's net income.",
  },
  {
    id: "invoice-late",
    text: "If a business customer does not pay, send a friendly reminder a week after the date due, since most late invoices were simply overlooked. Thirty days after receipt default begins by law in the European Union, without any reminder, and interest of eight points above the base rate may be charged, together with forty euros as a flat sum for each bill. Order for payment proceedings are cheap and quick as long as the debt is not disputed. Ask new customers for a deposit.",
  },
  {
    id: "depreciation",
    text: "What a firm buys to use for several years is not an expense in the year of the purchase. Its cost is spread over the useful life: a delivery van over six years, office chairs over thirteen, a computer over one to three. Straight-line depreciation takes the same amount each year, the declining method a fixed share of what remains. Things below a certain value may be written off at once. The cash is gone on the first day all the same, which is why profit and bank balance differ.",
  },
  {
    id: "salary-negotiation",
    text: "Before talking about pay, find out what the market gives for the position and decide on the sum below which you will walk away. Whoever names a figure first sets an anchor, so name it yourself if you know the range well, and make it precise: 61,500 sounds calculated, 60,000 sounds guessed. Then be silent. If the money is fixed, ask for other things, such as days off, training or a review in six months, and have the result put in writing.",
  },
  {
    id: "meeting-notes",
    text: "Minutes are useful if they can be read in a minute. Write down what was decided, who does what until when, and which questions stayed open; who said what during the discussion interests nobody a week later. Send them within the day while everyone can still correct them. A meeting without a purpose stated in the invitation should be declined, and one whose only purpose is to pass on information is better replaced by a written message.",
  },
];
