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
        ["experiences"] = Wire.Category(MemoryCategory.Cases),
        ["resources"] = "",
        ["skills"] = "",
    };

    private static readonly string[] s_names =
    [
        .. Enum.GetValues<MemoryCategory>().Select(Wire.Category), Recollection.Sessions, .. s_otherNames.Keys,
    ];

    /// <summary>Reads the quotas of a body. An archive is an event where the client has a quota of events, and none of sessions.</summary>
    public static IReadOnlyDictionary<string, int> Of(JsonField field)
    {
        var quotas = new Dictionary<string, int>(StringComparer.Ordinal);
        if (!field.IsSet)
        {
            return quotas;
        }

        foreach (JsonProperty property in field.Object().Value.EnumerateObject())
        {
            JsonField quota = field[property.Name];
            if (!s_names.Contains(property.Name, StringComparer.Ordinal))
            {
                throw quota.Invalid($"is not known; there are {string.Join(", ", s_names)}.", "unknown_key");
            }

            string category = s_otherNames.GetValueOrDefault(property.Name, property.Name);
            if (category.Length > 0)
            {
                quotas[category] = Math.Max(quota.Integer(0, MemorySearch.MaxHits), quotas.GetValueOrDefault(category));
            }
            else
            {
                quota.Integer(0, MemorySearch.MaxHits);
            }
        }

        if (quotas.TryGetValue(Wire.Category(MemoryCategory.Events), out int events))
        {
            quotas.TryAdd(Recollection.Sessions, events);
        }

        return quotas;
    }
}
