using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>
/// The search for an append whose outcome is unknown and whose segment has gone: in what is live now, then in the archives made since, the
/// newest first. The search for a repetition is the same in all archives. <see cref="Proc.Other"/> is the manifest that is searched,
/// <see cref="Proc.Return"/> whether a segment in it was empty.
/// </summary>
internal sealed class AppendSearch(Appender appender)
{
    private const byte Read = 20;
    private const byte AskManifest = 21;

    public void Expand(Expansion x, in Proc now, KnownManifest view)
    {
        switch (now.Pc)
        {
            case Appender.Search:
                Begin(x, view);
                break;
            case Read:
                ReadNext(x, now, view);
                break;
            case AskManifest:
                ref Proc asked = ref x.Fork(appender.Id);
                asked.Pc = x.Manifest.Id == now.Other ? Read : Restart(now);
                asked.Return = 0;
                if (asked.Pc == Read)
                {
                    GoOn(x, ref asked, view, now.Index);
                }

                x.Emit(appender.Id, "asks whether the manifest is still the same");
                break;
        }
    }

    /// <summary>Before a message is sent that another host may have stored: looks for it in all of the session.</summary>
    public static void BeginRepetition(ref Proc proc)
    {
        proc.Pc = Read;
        proc.Other = proc.Known;
        proc.Index = 0;
        proc.Return = 0;
        proc.Then = 1;
    }

    private static byte Restart(in Proc proc) => proc.Then != 0 ? Appender.Open : Appender.Search;

    private void Begin(Expansion x, KnownManifest view)
    {
        KnownManifest manifest = x.Manifest;
        if (manifest.IsOf(view.Incarnation) && manifest.IsLive(view.Last))
        {
            // Live and gone: the host would ask again and again.
            return;
        }

        ref Proc search = ref x.Fork(appender.Id);
        search.Length = 0;
        search.Return = 0;
        if (!manifest.IsOf(view.Incarnation) || !x.Keeps(Safeguards.SearchInArchives))
        {
            search.Pc = Appender.Open;
            search.Flag = 0;
        }
        else
        {
            search.Pc = Read;
            search.Other = manifest.Id;
            search.Index = 0;
        }

        x.Emit(appender.Id, "reads the manifest, to search");
    }

    private void ReadNext(Expansion x, in Proc now, KnownManifest view)
    {
        KnownManifest manifest = x.Manifests[now.Other];
        int name = NameOf(x, manifest, now.Index);
        ref Proc read = ref x.Fork(appender.Id);
        if (!x.Now.Store.TryGet(name, out Blob blob))
        {
            read.Pc = Restart(now);
        }
        else if (Messages.Contains(blob.Value, appender.Message(now)))
        {
            appender.Acknowledge(x, ref read, view, Appender.Open, 0);
        }
        else
        {
            // An empty segment may be one that came back: once all of live is read, the manifest says.
            read.Return |= blob.Value == 0 && Names.IsSegment(name) ? (byte)1 : (byte)0;
            if (now.Index + 1 == manifest.Live.Length && read.Return != 0 && x.Keeps(Safeguards.EmptyAsksForManifest))
            {
                read.Pc = AskManifest;
                read.Index++;
            }
            else
            {
                GoOn(x, ref read, view, now.Index + 1);
            }
        }

        x.Emit(appender.Id, "searches");
    }

    private static void GoOn(Expansion x, ref Proc proc, KnownManifest view, int index)
    {
        KnownManifest manifest = x.Manifests[proc.Other];
        proc.Index = (byte)index;
        int archives = manifest.Manifest.ArchiveCount - (proc.Then != 0 ? 0 : view.Manifest.ArchiveCount);
        if (index - manifest.Live.Length >= archives)
        {
            proc.Pc = proc.Then != 0 ? Appender.Send : Appender.Open;
            proc.Flag = 0;
            proc.Then = 0;
            proc.Return = 0;
            proc.Other = 0;
            proc.Index = 0;
        }
    }

    private static int NameOf(Expansion x, KnownManifest manifest, int index)
    {
        if (index < manifest.Live.Length)
        {
            return manifest.Live[index];
        }

        int number = manifest.Manifest.ArchiveCount - (index - manifest.Live.Length);
        return x.ArchiveOf(manifest, x.Now.Store, number);
    }
}
