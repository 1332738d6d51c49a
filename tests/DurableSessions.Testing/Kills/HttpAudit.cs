using System.Text.Json.Nodes;

namespace DurableSessions.Testing.Kills;

/// <summary>Everything that a session holds, as a client reads it.</summary>
/// <param name="Archives">From the first to the newest.</param>
/// <param name="Context">The texts of what the next turn sees.</param>
/// <param name="Everything">The texts of digested archives in order, then those of the context.</param>
internal sealed record HttpAudit(IReadOnlyList<HttpArchive> Archives, IReadOnlyList<string> Context, IReadOnlyList<string> Everything)
{
    private const int Page = 100;

    public static async Task<HttpAudit> OfAsync(Client client, string session)
    {
        var archives = new List<HttpArchive>();
        for (int cursor = int.MaxValue; cursor > 1;)
        {
            JsonArray page = (await client.GetAsync($"api/v1/sessions/{session}/archives?limit={Page}&cursor={cursor}")).AsArray();
            foreach (JsonNode? listed in page)
            {
                JsonNode archive = await client.GetAsync($"api/v1/sessions/{session}/archives/{(string)listed!["archive_id"]!}");
                IReadOnlyList<string> texts = Texts(archive);
                Assert.Equal((int)listed["message_count"]!, texts.Count);
                archives.Add(new HttpArchive((int)listed["number"]!, (string)listed["task_id"]!, (string)listed["state"]!, texts));
            }

            cursor = page.Count == Page ? archives[^1].Number : 1;
        }

        archives.Reverse();
        JsonNode read = await client.GetAsync($"api/v1/sessions/{session}/context?token_budget=10000000");

        // The first are of digested archives again.
        IReadOnlyList<string> context = [.. Texts(read).Skip((int)read["stats"]!["recalledMessages"]!)];
        IEnumerable<string> digested = archives.Where(static archive => archive.State is "covered" or "degraded").SelectMany(
            static archive => archive.Texts);
        return new HttpAudit(archives, context, [.. digested, .. context]);
    }

    private static List<string> Texts(JsonNode node) =>
        [.. node["messages"]!.AsArray().Select(static message => (string)message!["parts"]![0]!["text"]!)];
}

/// <summary>An archive, as the listing and its own route tell of it.</summary>
internal sealed record HttpArchive(int Number, string TaskId, string State, IReadOnlyList<string> Texts);
