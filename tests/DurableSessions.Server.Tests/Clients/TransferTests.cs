using System.Text.Json;
using DurableSessions.Server.Transfer;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Clients;

/// <summary>Sessions come from folders and go back into folders, whole, also where an import is killed between two requests.</summary>
public sealed class TransferTests(CommandHost server) : IClassFixture<CommandHost>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task An_import_that_is_killed_anywhere_and_run_again_ends_as_one_that_was_not()
    {
        string folder = WriteSession("s", archives: [[1, 2, 3], [4, 5]], live: [6, 7]);
        WriteFile("memories/preferences/tea.md", "Prefers tea.");
        bool isOver = false;
        int kills = 0;
        for (; !isOver; kills++)
        {
            // Killed before the request, or once its answer is lost.
            bool[] reached = await Task.WhenAll(KillAsync(folder, kills, isSent: false), KillAsync(folder, kills, isSent: true));
            isOver = !reached.Contains(true);
        }

        Assert.InRange(kills, 20, 200);
    }

    [Fact]
    public async Task What_cannot_be_taken_is_reported_and_stops_nothing_else()
    {
        string folder = WriteSession("good", archives: [[1, 2]], live: [3]);
        WriteFile("broken/messages.jsonl", $"{Line(1)}\n{{oops\n[]\n{{\"role\":\"user\"}}\n{Line(2)}");
        WriteFile("memories/trajectories/t.md", "A way.");
        CommandResult dry = await server.RunAsync("reported", "import", "openviking", folder, "--dry-run", "--json");
        Assert.Equal("[]\n", (await server.RunAsync("reported", "sessions", "list", "--json")).Output);

        CommandResult result = await server.RunAsync("reported", "import", "openviking", folder, "--json");
        foreach (CommandResult report in (CommandResult[])[dry, result])
        {
            Assert.Equal(1, report.Code);
            Assert.Equal(
                ["messages.jsonl:2", "messages.jsonl:3", "messages.jsonl:4", "t.md:0"],
                report.Json.GetProperty("not_taken").EnumerateArray().Select(static p =>
                    $"{Path.GetFileName(p.GetProperty("file").GetString())}:{p.GetProperty("line").GetInt32()}"));
            Assert.Equal(
                """{"archives":1,"messages":5,"sessions":2}""", JsonSerializer.Serialize(report.Json.GetProperty("counts")));
        }

        Assert.Equal("1-2 | 3-3", await StoredAsync("reported", "good"));
        Assert.Equal("1-2", await StoredAsync("reported", "broken"));
    }

    [Fact]
    public async Task An_append_of_a_killed_import_that_arrives_behind_the_next_one_is_not_there_twice()
    {
        string folder = WriteSession("s", archives: [], live: [1, 2]);
        using var late = new Delayed();
        await server.RunAsync("delayed", late, "import", "openviking", folder);
        Assert.Equal(0, (await server.RunAsync("delayed", "import", "openviking", folder)).Code);
        using var client = new HttpClient();
        using HttpResponseMessage answer = await client.SendAsync(late.Request!, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("1-2", await StoredAsync("delayed", "s"));
    }

    [Fact]
    public async Task Links_are_reported_and_neither_followed_by_an_import_nor_written_through_by_an_export()
    {
        string folder = WriteSession("s", archives: [[1]], live: [2]);
        string outside = Path.Combine(_folder.Path, "outside");
        Directory.CreateDirectory(outside);
        string transcript = WriteFile("../transcripts/real.jsonl", """{"type":"user","message":{"role":"user","content":"Real"}}""");
        string secret = Path.Combine(outside, "secret.jsonl");
        await File.WriteAllTextAsync(secret, await File.ReadAllTextAsync(transcript));
        await File.WriteAllTextAsync(Path.Combine(outside, "messages.jsonl"), Line(9));
        WriteFile("linked/history/archive_001/messages.jsonl", Line(1));
        WriteFile("memories/preferences/tea.md", "Tea.");
        string[] links =
        [
            "around", "linked/history/archive_002", "linked/messages.jsonl", "memories/events", "memories/preferences/key.md", "other",
            "s/.meta.json",
        ];
        string[] targets = [folder, outside, Path.Combine(outside, "messages.jsonl"), outside, secret, outside, secret];
        for (int i = 0; i < links.Length; i++)
        {
            File.CreateSymbolicLink(Path.Combine(folder, links[i]), targets[i]);
        }

        CommandResult result = await server.RunAsync("links", "import", "openviking", folder, "--json");
        Assert.Equal(
            links,
            result.Json.GetProperty("not_taken").EnumerateArray()
                .Select(p => Path.GetRelativePath(folder, p.GetProperty("file").GetString()!)).Order(StringComparer.Ordinal));
        Assert.Equal(
            """{"archives":2,"memories":1,"messages":3,"sessions":2}""", JsonSerializer.Serialize(result.Json.GetProperty("counts")));

        string transcripts = Path.GetDirectoryName(transcript)!;
        File.CreateSymbolicLink(Path.Combine(transcripts, "around"), transcripts);
        File.CreateSymbolicLink(Path.Combine(transcripts, "secret.jsonl"), secret);
        File.CreateSymbolicLink(Path.Combine(transcripts, "latest.txt"), secret);
        CommandResult claude = await server.RunAsync("links-2", "import", "claude-code", transcripts, "--json");
        Assert.Equal(
            ["around", "secret.jsonl"],
            claude.Json.GetProperty("not_taken").EnumerateArray()
                .Select(static p => Path.GetFileName(p.GetProperty("file").GetString())).Order(StringComparer.Ordinal));
        Assert.Equal(1, claude.Json.GetProperty("counts").GetProperty("sessions").GetInt32());

        // Each on the way of one of the two sessions, or of the memory; the last is met by the search for memories too.
        string to = Path.Combine(_folder.Path, "to");
        Assert.Equal(0, (await server.RunAsync("links", "export", to)).Code);
        Directory.CreateDirectory(Path.Combine(outside, "archive_007"));
        List<string> before = Files(outside);
        Directory.Delete(Path.Combine(to, "sessions/s/history"), recursive: true);
        File.CreateSymbolicLink(Path.Combine(to, "sessions/s/history"), outside);
        File.CreateSymbolicLink(Path.Combine(to, "sessions/linked/messages.jsonl.unfinished"), Path.Combine(outside, "new"));
        Directory.Delete(Path.Combine(to, "memories/preferences"), recursive: true);
        File.CreateSymbolicLink(Path.Combine(to, "memories/preferences"), outside);
        File.CreateSymbolicLink(Path.Combine(to, "sessions/elsewhere"), outside);
        CommandResult through = await server.RunAsync("links", "export", to, "--json");
        Assert.Equal((1, 5), (through.Code, through.Json.GetProperty("not_taken").GetArrayLength()));
        Assert.All(
            through.Json.GetProperty("not_taken").EnumerateArray(),
            static p => Assert.Contains("it is a symbolic link", p.GetProperty("why").GetString(), StringComparison.Ordinal));
        Assert.Equal(before, Files(outside));
        Assert.True(Directory.Exists(Path.Combine(outside, "archive_007")));
    }

    [Fact]
    public async Task A_session_that_has_other_messages_is_left_as_it_is()
    {
        string folder = WriteSession("s", archives: [[1, 2]], live: [3]);
        await server.RunAsync("other", "sessions", "append", "s", WriteFile("other.json", Line(9)));
        CommandResult result = await server.RunAsync("other", "import", "openviking", folder);
        Assert.Equal(1, result.Code);
        Assert.Contains("session s on the server has other live messages than", result.Output, StringComparison.Ordinal);
        Assert.Equal("9-9", await StoredAsync("other", "s"));
    }

    [Fact]
    public async Task A_session_that_was_deleted_is_made_again_with_its_settings()
    {
        string folder = WriteSession("s", archives: [[1]], live: [2]);
        WriteFile("s/.meta.json", """{"memory_policy":{"self":{"enabled":false}}}""");
        for (int run = 0; run < 2; run++)
        {
            Assert.Equal(0, (await server.RunAsync("deleted", "import", "openviking", folder)).Code);
            Assert.Equal("1-1 | 2-2", await StoredAsync("deleted", "s"));
            JsonElement session = (await server.RunAsync("deleted", "sessions", "show", "s", "--json")).Succeeded().Json;
            Assert.False(session.GetProperty("memory_policy").GetProperty("self").GetProperty("enabled").GetBoolean());
            (await server.RunAsync("deleted", "sessions", "delete", "s", "--yes")).Succeeded();
        }
    }

    [Fact]
    public async Task An_import_goes_on_where_the_folder_was_committed_and_no_commit_of_the_server_cuts_its_archives()
    {
        string folder = WriteSession("s", archives: [], live: [1, 2]);
        WriteFile("s/.meta.json", """{"auto_commit_policy":{"message_count_threshold":50}}""");
        Assert.Equal(0, (await server.RunAsync("grown", "import", "openviking", folder)).Code);
        WriteSession("s", archives: [[1, 2], [.. Enumerable.Range(3, 250)]], live: [253]);
        CommandResult again = await server.RunAsync("grown", "import", "openviking", folder);
        Assert.Equal((0, "1-2 | 3-252 | 253-253"), (again.Code, await StoredAsync("grown", "s")));
        JsonElement session = (await server.RunAsync("grown", "sessions", "show", "s", "--json")).Succeeded().Json;
        Assert.Equal(50, session.GetProperty("auto_commit_policy").GetProperty("message_count_threshold").GetInt32());
    }

    [Fact]
    public async Task Sessions_and_memories_of_one_name_are_not_mixed_and_a_session_may_be_named_as_an_archive()
    {
        string folder = WriteSession("alice/s", archives: [], live: [1]);
        WriteSession("bob/s", archives: [], live: [1, 2]);
        WriteSession("bob/archive_7", archives: [[3]], live: [4]);
        WriteFile("alice/memories/preferences/tea.md", "Tea.");
        WriteFile("bob/memories/preferences/tea.md", "No tea.");
        CommandResult result = await server.RunAsync("names", "import", "openviking", folder, "--json");
        Assert.Equal(
            (1, "s,tea.md"),
            (result.Code, string.Join(',', result.Json.GetProperty("not_taken").EnumerateArray()
                .Select(static p => Path.GetFileName(p.GetProperty("file").GetString())))));
        Assert.Equal(("1-1", "3-3 | 4-4"), (await StoredAsync("names", "s"), await StoredAsync("names", "archive_7")));
        JsonElement tea = (await server.RunAsync("names", "memories", "show", "preferences/tea", "--json")).Succeeded().Json;
        Assert.Equal("Tea.", tea.GetProperty("content").GetString());
    }

    [Fact]
    public async Task Transcripts_of_Claude_Code_become_sessions_with_their_times()
    {
        string file = WriteFile("transcripts/0b7e.jsonl", """
            {"type":"summary","summary":"Something"}
            {"type":"user","timestamp":"2026-01-02T03:04:05.678Z","message":{"role":"user","content":"List the files"}}
            {"type":"assistant","timestamp":"2026-01-02T03:04:06.678Z","message":{"role":"assistant","content":"Yes."}}
            """);
        for (int run = 0; run < 2; run++)
        {
            Assert.Equal(0, (await server.RunAsync("claude", "import", "claude-code", Path.GetDirectoryName(file)!)).Code);
            JsonElement messages = (await server.RunAsync("claude", "sessions", "messages", "0b7e", "--json")).Succeeded().Json;
            Assert.Equal(
                ["user 2026-01-02T03:04:05.678Z List the files", "assistant 2026-01-02T03:04:06.678Z Yes."],
                messages.EnumerateArray().Select(static m =>
                    $"{m.GetProperty("role")} {m.GetProperty("created_at")} {m.GetProperty("parts")[0].GetProperty("text")}"));
        }
    }

    [Fact]
    public async Task An_export_of_a_session_that_was_made_again_has_none_of_the_archives_before()
    {
        string to = Path.Combine(_folder.Path, "to");
        string more = WriteSession("more/s", archives: [[1], [2]], live: [3]);
        Assert.Equal(0, (await server.RunAsync("made", "import", "openviking", Path.Combine(more, "more"))).Code);
        Assert.Equal(0, (await server.RunAsync("made", "export", to)).Code);
        (await server.RunAsync("made", "sessions", "delete", "s", "--yes")).Succeeded();
        string fewer = WriteSession("fewer/s", archives: [[4]], live: [5]);
        Assert.Equal(0, (await server.RunAsync("made", "import", "openviking", Path.Combine(fewer, "fewer"))).Code);
        Assert.Equal(0, (await server.RunAsync("made", "export", to)).Code);
        Assert.Equal(0, (await server.RunAsync("taken", "import", "openviking", to)).Code);
        Assert.Equal("4-4 | 5-5", await StoredAsync("taken", "s"));
    }

    [Fact]
    public async Task An_export_is_imported_as_the_same_and_a_user_is_erased_with_a_receipt()
    {
        string folder = WriteSession("s", archives: [[1, 2, 3], [4]], live: [5, 6]);
        WriteFile("memories/preferences/tea.md", "Prefers tea.");
        Assert.Equal(0, (await server.RunAsync("from", "import", "openviking", folder)).Code);
        await server.RunAsync("from", "memories", "remember", "entities/rex", "A dog.", "--peer", "ann");

        // Again, into its own folder: it goes on. Another user's is refused, and so is a folder with other content.
        string first = Path.Combine(_folder.Path, "first");
        Assert.Equal(0, (await server.RunAsync("from", "export", first)).Code);
        Assert.Equal(0, (await server.RunAsync("from", "export", first)).Code);
        Assert.Contains("has another export", (await server.RunAsync("to", "export", first)).Error, StringComparison.Ordinal);
        Assert.Contains("has other content", (await server.RunAsync("from", "export", folder)).Error, StringComparison.Ordinal);
        Assert.Equal("# 3 messages", await File.ReadAllTextAsync(Path.Combine(first, "sessions/s/history/archive_001/.overview.md")));
        Assert.DoesNotContain(Files(first), static f => f.EndsWith(".unfinished", StringComparison.Ordinal));

        Assert.Equal(0, (await server.RunAsync("to", "import", "openviking", first)).Code);
        Assert.Equal("1-3 | 4-4 | 5-6", await StoredAsync("to", "s"));
        string second = Path.Combine(_folder.Path, "second");
        Assert.Equal(0, (await server.RunAsync("to", "export", second)).Code);
        Assert.Equal(Files(first), Files(second));
        foreach (string file in Files(first).Where(static f => f.EndsWith(".md", StringComparison.Ordinal)))
        {
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(first, file)), await File.ReadAllTextAsync(Path.Combine(second, file)));
        }

        string one = Path.Combine(_folder.Path, "one");
        Assert.Equal(0, (await server.RunAsync("from", "sessions", "export", "s", one)).Code);
        Assert.True(File.Exists(Path.Combine(one, "sessions/s/history/archive_002/.done")));

        Assert.Equal(1, (await server.RunAsync("from", "users", "erase", "from")).Code);
        JsonElement receipt = (await server.RunAsync("from", "users", "erase", "from", "--yes", "--json")).Succeeded().Json;
        Assert.Equal(
            (1, 6, 2, 0),
            (receipt.GetProperty("sessions_removed").GetInt32(), receipt.GetProperty("messages_removed").GetInt32(),
            receipt.GetProperty("memories_removed").GetInt32(), receipt.GetProperty("left").GetArrayLength()));
        JsonElement again = (await server.RunAsync("from", "users", "erase", "from", "--yes", "--json")).Succeeded().Json;
        Assert.Equal(0, again.GetProperty("sessions_removed").GetInt32() + again.GetProperty("memories_removed").GetInt32());
        Assert.Equal("[]\n", (await server.RunAsync("from", "memories", "list", "--json")).Output);
        Assert.Equal("1-3 | 4-4 | 5-6", await StoredAsync("to", "s"));
    }

    [Fact]
    public async Task An_export_goes_on_in_the_folder_of_its_server_and_account_alone()
    {
        await server.RunAsync("origin", "memories", "remember", "preferences/tea", "Tea.");
        string to = Path.Combine(_folder.Path, "to");
        Assert.Equal(0, (await server.RunAsync("origin", "export", to)).Code);
        List<string> files = Files(to);
        string[][] others = [["--account", "acme"], ["--url", $"http://localhost:{server.Address.Port}"]];
        foreach (string[] other in others)
        {
            CommandResult refused = await server.RunAsync("origin", ["export", to, .. other]);
            Assert.Contains(
                "has another export, user origin in account default of http://127.0.0.1", refused.Error, StringComparison.Ordinal);
            CommandResult session = await server.RunAsync("origin", ["sessions", "append", "s", WriteFile("m.json", Line(1)), .. other]);
            Assert.Equal((1, 0), (refused.Code, session.Code));
        }

        Assert.Equal(files, Files(to));
        Assert.Equal(0, (await server.RunAsync("origin", "export", to)).Code);

        // As versions before had it.
        await File.WriteAllTextAsync(Path.Combine(to, ".export.json"), """{"export":"user origin","complete":true}""");
        CommandResult old = await server.RunAsync("origin", "export", to);
        Assert.Contains("has an export that does not say of which server it is", old.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_has_no_longer_stays_in_the_folder_and_is_listed()
    {
        string folder = WriteSession("stays", archives: [], live: [1]);
        WriteSession("goes", archives: [[2]], live: [3]);
        WriteFile("memories/preferences/tea.md", "Tea.");
        WriteFile("memories/preferences/coffee.md", "Coffee.");
        Assert.Equal(0, (await server.RunAsync("gone", "import", "openviking", folder)).Code);
        await server.RunAsync("gone", "memories", "remember", "entities/rex", "A dog.", "--peer", "ann");
        string to = Path.Combine(_folder.Path, "to");
        JsonElement first = (await server.RunAsync("gone", "export", to, "--json")).Json;
        Assert.Equal(0, first.GetProperty("no_longer_on_server").GetArrayLength());

        List<string> files = Files(to);
        (await server.RunAsync("gone", "sessions", "delete", "goes", "--yes")).Succeeded();
        (await server.RunAsync("gone", "memories", "forget", "preferences/tea", "--yes")).Succeeded();
        (await server.RunAsync("gone", "memories", "forget", "entities/rex", "--peer", "ann", "--yes")).Succeeded();
        CommandResult second = await server.RunAsync("gone", "export", to, "--json");
        Assert.Equal(0, second.Code);
        Assert.Equal(
            ["sessions/goes", "memories/preferences/tea.md", "peers/ann/memories/entities/rex.md"],
            second.Json.GetProperty("no_longer_on_server").EnumerateArray().Select(static p => p.GetString()));
        Assert.Equal(files, Files(to));
        Assert.Contains(
            "no longer on the server, and left as it is: sessions/goes\n",
            (await server.RunAsync("gone", "export", to)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_was_written_in_part_and_is_no_longer_there_is_not_imported_as_a_whole_one()
    {
        string folder = WriteSession("s", archives: [[1]], live: [2]);
        Assert.Equal(0, (await server.RunAsync("part", "import", "openviking", folder)).Code);
        string to = Path.Combine(_folder.Path, "to");
        Assert.Equal(0, (await server.RunAsync("part", "export", to)).Code);

        // Cut off between the live messages and the archive, which the second export has to read.
        (await server.RunAsync("part", "sessions", "append", "s", WriteFile("m.json", Line(3)))).Succeeded();
        Assert.Equal(0, (await server.RunAsync("part", "commits", "start", "s", "--follow")).Code);
        using (var death = new Death(after: 7, isSent: false))
        {
            await server.RunAsync("part", death, "export", to);
            Assert.True(death.HasCome);
        }

        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(to, "sessions/s/messages.jsonl")));
        Assert.False(Directory.Exists(Path.Combine(to, "sessions/s/history/archive_002")));
        (await server.RunAsync("part", "sessions", "delete", "s", "--yes")).Succeeded();
        CommandResult after = await server.RunAsync("part", "export", to);
        Assert.Equal(1, after.Code);
        Assert.Contains(
            "not taken: sessions/s: it may be a part only, of an export that was cut off", after.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await server.RunAsync("part", "import", "openviking", to)).Code);
    }

    [Fact]
    public async Task A_file_of_an_export_is_the_old_one_until_the_new_one_is_whole()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        string file = Path.Combine(_folder.Path, "to", "a", "f");
        ExportFolder folder = await ExportFolder.OpenAsync(
            Path.Combine(_folder.Path, "to"), new ExportOrigin("user u", "a", new Uri("http://a")), stop);
        await folder.WriteAsync("a/f", "old", stop);
        await using (ExportFile cut = folder.Create("a/f"))
        {
            await cut.Writer.WriteAsync("ne");
            await cut.Writer.FlushAsync(stop);
            Assert.Equal("old", await File.ReadAllTextAsync(file, stop));
        }

        Assert.Equal("old", await File.ReadAllTextAsync(file, stop));
        await folder.WriteAsync("a/f", "new", stop);
        Assert.Equal("new", await File.ReadAllTextAsync(file, stop));
        Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!));
    }

    [Fact]
    public async Task An_export_that_was_cut_off_is_not_imported_and_one_goes_on_with_the_session_as_it_is_now()
    {
        string folder = WriteSession("s", archives: [[1, 2]], live: [3]);
        Assert.Equal(0, (await server.RunAsync("cut", "import", "openviking", folder)).Code);
        string to = Path.Combine(_folder.Path, "cut");
        using (var death = new Death(after: 8, isSent: false))
        {
            await server.RunAsync("cut", death, "export", to);
            Assert.True(death.HasCome);
        }

        CommandResult refused = await server.RunAsync("cut-2", "import", "openviking", Path.Combine(to, "sessions"));
        Assert.Equal(1, refused.Code);
        Assert.Contains("is of an export that was cut off", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await server.RunAsync("cut", "export", to)).Code);

        // The same id and the same numbers, with other messages.
        (await server.RunAsync("cut", "sessions", "delete", "s", "--yes")).Succeeded();
        WriteSession("s", archives: [[4, 5]], live: [6]);
        Assert.Equal(0, (await server.RunAsync("cut", "import", "openviking", folder)).Code);
        Assert.Equal(0, (await server.RunAsync("cut", "export", to)).Code);
        Assert.Equal(0, (await server.RunAsync("cut-2", "import", "openviking", to)).Code);
        Assert.Equal("4-5 | 6-6", await StoredAsync("cut-2", "s"));
    }

    [Fact]
    public async Task An_export_of_one_session_says_which_command_deletes_and_does_nothing()
    {
        string to = Path.Combine(_folder.Path, "none");
        CommandResult refused = await server.RunAsync("one", "sessions", "export", "s", to, "--erase", "--yes");
        Assert.Equal(1, refused.Code);
        Assert.Contains("'sessions delete ID --yes'", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(to));
    }

    [Fact]
    public async Task An_export_erases_what_it_has_written_and_nothing_that_came_since()
    {
        string folder = WriteSession("s", archives: [[1, 2]], live: [3]);
        WriteSession("t", archives: [], live: [4]);
        WriteFile("memories/preferences/tea.md", "Prefers tea.");
        Assert.Equal(0, (await server.RunAsync("erased", "import", "openviking", folder)).Code);
        string to = Path.Combine(_folder.Path, "erased");
        Assert.Contains("say --yes", (await server.RunAsync("erased", "export", to, "--erase")).Error, StringComparison.Ordinal);

        // An agent goes on with t once everything is written.
        string late = WriteFile("late.json", Line(5));
        using var agent = new Late(() => server.RunAsync("erased", "sessions", "append", "t", late));
        CommandResult first = await server.RunAsync("erased", agent, "export", to, "--erase", "--yes", "--json");
        Assert.Equal((1, "t"), (first.Code, first.Json.GetProperty("left")[0].GetProperty("what").GetString()));
        Assert.Equal("4-5", await StoredAsync("erased", "t"));
        CommandResult second = await server.RunAsync("erased", "export", to, "--erase", "--yes", "--json");
        Assert.Equal((0, 1), (second.Code, second.Json.GetProperty("sessions_removed").GetInt32()));
        Assert.Equal(2, Directory.GetFiles(to, "receipt-*.json").Length);
        Assert.Equal("[]\n", (await server.RunAsync("erased", "sessions", "list", "--json")).Output);
        Assert.Equal(0, (await server.RunAsync("erased-2", "import", "openviking", to)).Code);
        Assert.Equal(
            ("1-2 | 3-3", "4-5"), (await StoredAsync("erased-2", "s"), await StoredAsync("erased-2", "t")));
    }

    public void Dispose() => _folder.Dispose();

    // Whether the import came so far that it was killed.
    private async Task<bool> KillAsync(string folder, int after, bool isSent)
    {
        string user = $"killed-{after}-{isSent}";
        using var death = new Death(after, isSent);
        await server.RunAsync(user, death, "import", "openviking", folder);
        CommandResult again = await server.RunAsync(user, "import", "openviking", folder, "--json");
        Assert.Equal((user, 0), (user, again.Code));
        Assert.Equal((user, "1-3 | 4-5 | 6-7"), (user, await StoredAsync(user, "s")));
        CommandResult memory = (await server.RunAsync(user, "memories", "show", "preferences/tea", "--json")).Succeeded();
        Assert.Equal("Prefers tea.", memory.Json.GetProperty("content").GetString());
        return death.HasCome;
    }

    private static string Line(int number) =>
        $$"""{"id":"m{{number}}","role":"user","content":"{{number}}","created_at":"2026-01-01T00:00:{{number:D2}}Z"}""";

    private static List<string> Files(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file))
            .Order(StringComparer.Ordinal),
    ];

    // The folder of the user, with one session more.
    private string WriteSession(string id, int[][] archives, int[] live)
    {
        for (int i = 0; i < archives.Length; i++)
        {
            WriteFile($"{id}/history/archive_{i + 1:D3}/messages.jsonl", string.Join('\n', archives[i].Select(Line)) + "\n");
            WriteFile($"{id}/history/archive_{i + 1:D3}/.overview.md", "# Theirs");
        }

        WriteFile($"{id}/messages.jsonl", string.Join('\n', live.Select(Line)));
        return Path.Combine(_folder.Path, "data");
    }

    private string WriteFile(string place, string text)
    {
        string path = Path.Combine(_folder.Path, "data", place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    // First and last message of each archive, and of the live ones; each message is the one after the message before.
    private async Task<string> StoredAsync(string user, string session)
    {
        var stored = new List<string>();
        JsonElement archives = (await server.RunAsync(user, "archive", "list", session, "--json")).Succeeded().Json;
        foreach (string id in archives.EnumerateArray().Select(static a => a.GetProperty("archive_id").GetString()!).Reverse())
        {
            JsonElement archive = (await server.RunAsync(user, "archive", "show", session, id, "--json")).Succeeded().Json;
            stored.Add(Range(archive.GetProperty("messages")));
        }

        JsonElement live = (await server.RunAsync(user, "sessions", "messages", session, "--json")).Succeeded().Json;
        return string.Join(" | ", live.GetArrayLength() > 0 ? [.. stored, Range(live)] : stored);
    }

    private static string Range(JsonElement messages)
    {
        int[] numbers =
            [.. messages.EnumerateArray().Select(static m => int.Parse(m.GetProperty("parts")[0].GetProperty("text").GetString()!))];
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Length), numbers);
        Assert.All(messages.EnumerateArray(), static m =>
            Assert.StartsWith("2026-01-01T00:00:", m.GetProperty("created_at").GetString(), StringComparison.Ordinal));
        return $"{numbers[0]}-{numbers[^1]}";
    }

    /// <summary>Lets something happen once the last memory was read.</summary>
    private sealed class Late(Func<Task> happens) : DelegatingHandler(new SocketsHttpHandler())
    {
        private bool _hasHappened;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            if (!_hasHappened && request.RequestUri!.AbsolutePath.EndsWith("/tea", StringComparison.Ordinal))
            {
                _hasHappened = true;
                await happens();
            }

            return answer;
        }
    }

    /// <summary>Ends the command at its first append, which is on its way.</summary>
    private sealed class Delayed() : DelegatingHandler(new SocketsHttpHandler())
    {
        public HttpRequestMessage? Request { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!request.RequestUri!.AbsolutePath.EndsWith("/messages/batch", StringComparison.Ordinal))
            {
                return await base.SendAsync(request, cancellationToken);
            }

            Request = new HttpRequestMessage(request.Method, request.RequestUri)
            {
                Content = new StringContent(
                    await request.Content!.ReadAsStringAsync(cancellationToken), request.Content.Headers.ContentType!),
            };
            foreach ((string name, IEnumerable<string> values) in request.Headers)
            {
                Request.Headers.Add(name, values);
            }

            throw new InvalidTimeZoneException("killed");
        }
    }

    /// <summary>Ends the command at one of its requests, which is sent or not.</summary>
    private sealed class Death(int after, bool isSent) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _requests;

        public bool HasCome { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HasCome |= _requests++ == after;
            if (!HasCome)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            if (isSent)
            {
                (await base.SendAsync(request, cancellationToken)).Dispose();
            }

            throw new InvalidTimeZoneException("killed");
        }
    }
}
