//! What a bulk file looks like, to be filled in.

/// An order file without orders.
pub const ORDERS: &str = "\
# Licenses to be issued, one a row. Lines that begin with # are left out; columns that you do not need may go.
#   lic issue --from orders.csv --dry-run     checks everything
#   lic issue --from orders.csv --out keys/   issues them; the same file again goes on where it stopped, and doubles nothing
#
# customer          the short name, or the display name               (needed)
# tier              the tier, or PRODUCT/TIER                         (needed)
# seats             a number, or unlimited                            (what is empty is as the tier has it)
# term              90d, 6w, 3mo, 1y, or perpetual
# until             the last day, YYYY-MM-DD: instead of a term
# from              the first day, YYYY-MM-DD                         (empty: today)
# type              commercial, trial or test                         (empty: commercial)
# internal          yes or no                                         (empty: no)
# machine           machine IDs to bind it to, parted by ;
# max machines      how many machines may be bound: a number, or unlimited
# grace             how many days past the end the key still works
# features          features beside the tier's, parted by ;
# without features  features of the tier to leave out, parted by ;
# limits            NAME=NUMBER or NAME=unlimited, parted by ;
# note              for the ledger; it does not stand in the key
# meta              JSON that is put into the key
# meta.NAME         a column for one member of it, as text
# request           a name for the row, unique for ever: the same name twice gives the same license
#                   (empty: rows are known again by what they order)
#
# acme,pro,12,1y,,2027-01-01,,,,,,,,users=500,PO 4711,,K-17,PO-4711-1
customer,tier,seats,term,until,from,type,internal,machine,max machines,grace,features,without features,limits,note,meta,meta.contract,request
";

/// A renewal file without renewals.
pub const RENEWALS: &str = "\
# Licenses to be renewed, one a row. Lines that begin with # are left out; columns that you do not need may go.
# A list is such a file as well: lic list --expiring 30d -o csv > renewals.csv
#   lic renew --from renewals.csv --dry-run     checks everything
#   lic renew --from renewals.csv --out keys/   renews them; the same file again goes on where it stopped, and doubles nothing
#
# license   the id, or a beginning of it                              (needed)
# term      how much longer: 90d, 6w, 3mo, 1y, or perpetual           (empty: as long as the last time)
# until     the new last day, YYYY-MM-DD: instead of a term           (the day it ends on already says nothing)
# seats     from now on: a number, or unlimited                       (empty: as it was)
# note      for the ledger                                            (empty: as it was)
# request   a name for the row, unique for ever: the same name twice renews once
#           (empty: rows are known again by what they ask for)
#
# LIC-7QK3-M2ZD,1y,,20,PO 4712,PO-4712-1
license,term,until,seats,note,request
";
