using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>
/// Writes sessions and memories of a server as OpenViking has them on disk. Run again, it goes on: an archive that is listed as it was
/// written, with its commit and its digest, is not read again.
/// </summary>
internal sealed class Exporter(ClientRun run, ExportFolder folder, TransferReport report)
{
    private const int MaxAttempts = 5;

    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal);
    private readonly HashSet<string> _listed = new(StringComparer.Ordinal);

    /// <summary>What a session is known by, until it is written to.</summary>
    public static string StateOf(JsonElement session) => string.Join(
        ' ',
        new[] { "created_at", "message_count", "total_message_count", "commit_count" }.Select(name => Json.Text(session, name)));

    /// <summary>Whether a session or a memory was written as it is now.</summary>
    /// <param name="what">The session's id, or the memory's uri.</param>
    /// <param name="state">Its <see cref="StateOf"/>, or its entry of a listing.</param>
    public bool HasWritten(string what, string state) => _written.GetValueOrDefault(what) == state;

    public async Task ExportAsync(string session, CancellationToken cancellationToken)
    {
        string place = $"sessions/{ExportFolder.Name(session)}";
        _listed.Add(place);
        run.Progress($"session {session}");
        (JsonElement info, IReadOnlyList<JsonElement> archives) = await WriteLiveAsync(session, place, cancellationToken);
        foreach (JsonElement archive in archives)
        {
            await WriteArchiveAsync(session, place, archive, cancellationToken);
        }

        // Of a session that was deleted, and made again with fewer. Those that have expired are the oldest.
        folder.DeleteArchives(
            place,
            beyond: archives.Select(static a => SourceFolder.NumberOf(Json.Text(a, "archive_id"))).DefaultIfEmpty(0).Max());

        await folder.WriteAsync($"{place}/{SourceFolder.MetaFile}", JsonSerializer.Serialize(info, Json.Readable), cancellationToken);
        _written[session] = StateOf(info);
        report.Count("sessions");
    }

    public async Task ExportMemoriesAsync(CancellationToken cancellationToken)
    {
        foreach ((string? peer, JsonElement memory) in await UserData.MemoriesAsync(run.Api, cancellationToken))
        {
            try
            {
                await WriteMemoryAsync(peer, memory, cancellationToken);
            }
            catch (ClientException e) when (e.Status == 0)
            {
                report.Problem(Json.Text(memory, "uri"), 0, e.Message);
            }
        }
    }

    /// <summary>
    /// Reports what an earlier export wrote, and the server has no longer. A session of which an export that was cut off wrote a part
    /// alone is not taken.
    /// </summary>
    public void ReportGone()
    {
        (IEnumerable<string> sessions, IEnumerable<string> memories) = folder.Find(report);
        foreach (string place in sessions.Concat(memories).Where(place => !_listed.Contains(place)))
        {
            if (place.EndsWith(".md", StringComparison.Ordinal) || folder.Has($"{place}/{SourceFolder.MetaFile}"))
            {
                report.Gone(place);
            }
            else
            {
                report.Problem(
                    place, 0, "it may be a part only, of an export that was cut off, and the server has it no longer; move it elsewhere");
            }
        }
    }

    private async Task WriteMemoryAsync(string? peer, JsonElement memory, CancellationToken cancellationToken)
    {
        string of = peer is null ? "" : $"peers/{ExportFolder.Name(peer)}/";
        string name = $"{ExportFolder.Name(Json.Text(memory, "category"))}/{ExportFolder.Name(Json.Text(memory, "name"))}.md";
        string place = $"{of}{SourceFolder.Memories}/{name}";
        _listed.Add(place);
        if (await run.Api.FindAsync(UserData.Path(peer, memory), cancellationToken) is { } whole)
        {
            await folder.WriteAsync(place, Json.Text(whole, "content"), cancellationToken);
            _written[Json.Text(memory, "uri")] = memory.GetRawText();
            report.Count("memories");
        }
        else
        {
            // Deleted since.
            _listed.Remove(place);
        }
    }

    // The archives before and after are the same, so that each message is in one of them, or live.
    private async Task<(JsonElement Session, IReadOnlyList<JsonElement> Archives)> WriteLiveAsync(
        string session, string place, CancellationToken cancellationToken)
    {
        string path = $"sessions/{SessionApi.Escape(session)}/archives?limit=100";
        string all = $"{place}/.context.jsonl";
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            List<JsonElement> before = await run.Api.ListAsync(path, cancellationToken).ToListAsync(cancellationToken);
            int count = 0;
            JsonElement info;
            int live;
            await using (ExportFile file = folder.Create(all))
            {
                (info, live) = await LiveMessages.ReadAsync(
                    run.Api,
                    session,
                    () =>
                    {
                        file.Writer.Flush();
                        file.Writer.BaseStream.SetLength(0);
                        count = 0;
                    },
                    async message =>
                    {
                        count++;
                        await file.Writer.WriteLineAsync(message.GetRawText().AsMemory(), cancellationToken);
                    },
                    cancellationToken);
                await file.CompleteAsync(cancellationToken);
            }

            List<JsonElement> after = await run.Api.ListAsync(path, cancellationToken).ToListAsync(cancellationToken);
            if (before.Select(IdOf).SequenceEqual(after.Select(IdOf)))
            {
                // From here on, and until all of it is there, what an earlier export wrote is no whole session.
                folder.Delete($"{place}/{SourceFolder.MetaFile}");
                await WriteLastAsync(all, $"{place}/{SourceFolder.MessagesFile}", count - live, cancellationToken);
                folder.Delete(all);
                report.Count("messages", live);
                return (info, after);
            }
        }

        throw new ClientException($"Session {session} is committed all the time; try again later.");
    }

    private static string IdOf(JsonElement archive) => $"{Json.Text(archive, "archive_id")} {Json.Text(archive, "task_id")}";

    private async Task WriteLastAsync(string all, string place, int skipped, CancellationToken cancellationToken)
    {
        using StreamReader lines = folder.Read(all);
        await using ExportFile file = folder.Create(place);
        for (int i = 0; await lines.ReadLineAsync(cancellationToken) is { } line; i++)
        {
            if (i >= skipped)
            {
                await file.Writer.WriteLineAsync(line.AsMemory(), cancellationToken);
            }
        }

        await file.CompleteAsync(cancellationToken);
    }

    private async Task WriteArchiveAsync(string session, string place, JsonElement archive, CancellationToken cancellationToken)
    {
        string id = ExportFolder.Name(Json.Text(archive, "archive_id"));
        string archivePlace = $"{place}/{SourceFolder.History}/{id}";
        report.Count("archives");
        long messages = Json.Number(archive, "message_count");
        report.Count("messages", messages);
        string meta = JsonSerializer.Serialize(archive, Json.Readable);
        if (folder.Has($"{archivePlace}/.done")
            && await folder.HasAsync($"{archivePlace}/{SourceFolder.MetaFile}", meta, cancellationToken))
        {
            return;
        }

        string path = $"sessions/{SessionApi.Escape(session)}/archives/{id}";
        try
        {
            using StreamedAnswer answer = await run.Api.ReadMessagesAsync(path, cancellationToken);
            await using (ExportFile file = folder.Create($"{archivePlace}/{SourceFolder.MessagesFile}"))
            {
                long count = 0;
                await foreach (JsonElement message in answer.MessagesAsync(cancellationToken))
                {
                    count++;
                    await file.Writer.WriteLineAsync(message.GetRawText().AsMemory(), cancellationToken);
                }

                if (count != messages)
                {
                    throw new ClientException($"{id} of session {session} has {messages} messages, and the server gave {count}");
                }

                await file.CompleteAsync(cancellationToken);
            }

            foreach ((string field, string name) in ((string, string)[])[("abstract", ".abstract.md"), ("overview", ".overview.md")])
            {
                if (answer.Find(field) is { ValueKind: JsonValueKind.String } text)
                {
                    await folder.WriteAsync($"{archivePlace}/{name}", text.GetString()!, cancellationToken);
                }
            }
        }
        catch (ClientException e) when (e.Status == 404)
        {
            report.Problem($"{session}/{id}", 0, e.Message);
            return;
        }

        if (await run.Api.FindAsync($"{path}/memory_diff", cancellationToken) is { } diff)
        {
            await folder.WriteAsync($"{archivePlace}/memory_diff.json", JsonSerializer.Serialize(diff, Json.Readable), cancellationToken);
        }

        await folder.WriteAsync($"{archivePlace}/{SourceFolder.MetaFile}", meta, cancellationToken);
        if (Json.Text(archive, "state") is "covered" or "degraded")
        {
            var done = new JsonObject { ["archive_id"] = id, ["task_id"] = Json.Text(archive, "task_id") };
            await folder.WriteAsync($"{archivePlace}/.done", done.ToJsonString(Json.Line), cancellationToken);
        }
    }
}
