using System.Globalization;
using DurableSessions.Core.Identities;

namespace DurableSessions.Server.Transfer;

/// <summary>Finds sessions and memories in a folder of OpenViking, or transcripts of Claude Code.</summary>
internal static class SourceFolder
{
    public const string MessagesFile = "messages.jsonl";
    public const string History = "history";
    public const string Memories = "memories";
    public const string MetaFile = ".meta.json";

    private const string ArchivePrefix = "archive_";

    /// <summary>The number in the name of an archive; -1: it is none.</summary>
    public static int NumberOf(string archive) =>
        archive.StartsWith(ArchivePrefix, StringComparison.Ordinal)
        && int.TryParse(archive.AsSpan(ArchivePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : -1;

    /// <summary>The sessions of a folder, which may be one of them itself, in the order of their paths; the report has the links.</summary>
    public static IEnumerable<SessionSource> FindSessions(string folder, TransferReport report)
    {
        foreach (string path in Folders(folder, report))
        {
            if (!IsSession(path))
            {
                continue;
            }

            string id = Path.GetFileName(path);
            if (!SessionKey.IsValidId(id))
            {
                report.Problem(path, 0, "its name is no id of a session");
                continue;
            }

            string live = Path.Combine(path, MessagesFile);
            yield return new SessionSource(id, [.. Archives(path, report)], FolderWalk.IsFile(live) ? live : null, path);
        }
    }

    /// <summary>The transcripts of a folder, or the one that it is.</summary>
    public static IEnumerable<SessionSource> FindTranscripts(string path, TransferReport report)
    {
        IEnumerable<string> files = File.Exists(path)
            ? [path]
            : FolderWalk.Below(path, report, ".jsonl")
                .Where(static entry => entry is FileInfo { Extension: ".jsonl" })
                .Select(static file => file.FullName);
        foreach (string file in files)
        {
            string id = Path.GetFileNameWithoutExtension(file);
            if (SessionKey.IsValidId(id))
            {
                yield return new SessionSource(id, [], file, IsTranscript: true);
            }
            else
            {
                report.Problem(file, 0, "its name is no id of a session");
            }
        }
    }

    /// <summary>The files of memories: with the peer that they belong to, their category and their name.</summary>
    public static IEnumerable<(string File, string? Peer, string Category, string Name)> FindMemories(
        string folder, TransferReport report)
    {
        foreach (string root in Folders(folder, report).Where(static f => Path.GetFileName(f) == Memories && !IsSession(f)))
        {
            string[] above = root.Split(Path.DirectorySeparatorChar);
            string? peer = above is [.., "peers", var name, _] ? name : null;
            foreach (FileSystemInfo found in FolderWalk.Below(root, report, ".md").Where(static e => e is FileInfo { Extension: ".md" }))
            {
                string file = found.FullName;
                string[] place = Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar);
                if (!place.Any(static p => p.StartsWith('.')))
                {
                    string stem = string.Join('-', place.Skip(1))[..^(place.Length > 1 ? 3 : 0)];
                    yield return place.Length > 1
                        ? (file, peer, place[0], stem)
                        : (file, peer, place[0][..^3], place[0][..^3]);
                }
            }
        }
    }

    private static IEnumerable<string> Folders(string folder, TransferReport report)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return FolderWalk.Below(root, report).OfType<DirectoryInfo>().Select(static f => f.FullName).Prepend(root);
    }

    // An archive is one by its place: a session may have its name.
    private static bool IsSession(string path) =>
        !(Path.GetFileName(path).StartsWith(ArchivePrefix, StringComparison.Ordinal)
            && Path.GetFileName(Path.GetDirectoryName(path)) == History)
        && (FolderWalk.IsFile(Path.Combine(path, MessagesFile)) || FolderWalk.IsFolder(Path.Combine(path, History)));

    private static IEnumerable<string> Archives(string session, TransferReport report)
    {
        string history = Path.Combine(session, History);
        if (!FolderWalk.IsFolder(history))
        {
            yield break;
        }

        foreach ((string folder, int _) in Directory.EnumerateDirectories(history, ArchivePrefix + "*")
            .Select(static f => (f, Number: NumberOf(Path.GetFileName(f))))
            .Where(static f => f.Number >= 0 && FolderWalk.IsFolder(f.f))
            .OrderBy(static f => f.Number))
        {
            string messages = Path.Combine(folder, MessagesFile);
            if (FolderWalk.IsFile(messages))
            {
                yield return messages;
            }
            else
            {
                report.Problem(folder, 0, $"it has no {MessagesFile}");
            }
        }
    }
}
