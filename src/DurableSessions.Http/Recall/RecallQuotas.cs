using System.Numerics;
using System.Text.Json;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>How many entries of each category a client wants, by OpenViking's names or by this service's.</summary>
internal static class RecallQuotas
{
    // Of OpenViking's categories: what this service calls otherwise, and (empty) what it has none of.
    private static readonly Dictionary<string, string> s_otherNames = new(StringComparer.Ordinal)
    {
        [Wire.Experiences] = Wire.Category(MemoryCategory.Cases),
        ["resources"] = "",
        ["skills"] = "",
    };

    private static readonly string[] s_names =
    [
        .. Enum.GetValues<MemoryCategory>().Select(Wire.Category), Recollection.Sessions, .. s_otherNames.Keys,
    ];

    /// <summary>
    /// Reads the quotas of a body; one above the most hits is as these. A client that has a quota of events, and none of sessions, gets as
    /// many archives as events.
    /// </summary>
    public static IReadOnlyDictionary<string, int> Of(JsonField field)
    {
        var quotas = new Dictionary<string, int>(StringComparer.Ordinal);
        if (!field.IsSet)
        {
            return quotas;
        }

        foreach (JsonProperty property in field.Object().Value.EnumerateObject())
        {
            if (!s_names.Contains(property.Name, StringComparer.Ordinal))
            {
                // Without the name: a client's own may have a word in it that a plugin looks for in errors.
                throw field.Invalid($"names a category that is not known; there are {string.Join(", ", s_names)}.", "unknown_key");
            }

            int quota = (int)BigInteger.Min(field[property.Name].Integer(0, BigInteger.Pow(10, 9)), MemorySearch.MaxHits);
            string category = s_otherNames.GetValueOrDefault(property.Name, property.Name);
            if (category.Length > 0)
            {
                quotas[category] = Math.Max(quota, quotas.GetValueOrDefault(category));
            }
        }

        if (quotas.TryGetValue(Wire.Category(MemoryCategory.Events), out int events))
        {
            quotas.TryAdd(Recollection.Sessions, events);
        }

        return quotas;
    }

    /// <summary>How many entries all quotas together allow.</summary>
    public static int Sum(IReadOnlyDictionary<string, int> quotas) => Math.Max(1, quotas.Values.Sum());
}
