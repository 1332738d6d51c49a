using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>
/// Applies the one change of memories that each digest asks for, once for each commit: see <c>MemoryStage</c>. The catalogue is a blob with
/// a version, the commits it names (a bit each), and how often each was applied (two bits each), which only the properties know.
/// </summary>
internal sealed class CommitMemories(Process commit, bool isAgain)
{
    public const byte FirstStep = Load;
    public const byte Load = 28;
    private const byte Open = 29;
    private const byte Swap = 30;
    private const int AgainShift = 8;
    private const ulong Named = 0xFFFF;
    private const int CountShift = 32;

    public void Expand(Expansion x, in Proc now)
    {
        x.Now.Store.TryGet(Names.Catalogue, out Blob catalogue);
        int bit = 1 << ((now.Target / 2) + (isAgain ? AgainShift : 0));
        ref Proc next = ref x.Fork(commit.Id);
        switch (now.Pc)
        {
            case Load:
                next.Other = catalogue.Flags;
                next.List = catalogue.Value & Named;
                next.Pc = Open;
                if (((int)catalogue.Value & bit) != 0 && x.Keeps(Safeguards.MemoriesOnce))
                {
                    Done(ref next);
                }

                x.Emit(commit.Id, "reads the catalogue of memories");
                break;
            case Open:
                KnownManifest manifest = x.Manifest;
                bool isOpen = IsOpen(x, manifest, now.Target / 2, isAgain);
                if (!isOpen && x.Keeps(isAgain ? Safeguards.AgainOnlyWhileOldest : Safeguards.MemoriesOnlyWhileOpen))
                {
                    Done(ref next);
                }
                else
                {
                    next.List = StillOpen(x, manifest, now.List) | (uint)bit;
                    next.Pc = Swap;
                }

                x.Emit(commit.Id, "asks whether its archive is open");
                break;
            case Swap:
                if (catalogue.Flags == now.Other)
                {
                    Apply(x, now, catalogue);
                    Done(ref next);
                    x.Emit(commit.Id, "applies memories");
                    if (x.Now.Ghost.LostLeft > 0)
                    {
                        ref Proc lost = ref x.Fork(commit.Id);
                        Apply(x, now, catalogue);
                        x.Next.Ghost.LostLeft--;
                        lost.Pc = Load;
                        x.Emit(commit.Id, "applies memories; the answer is lost");
                    }
                }
                else
                {
                    next.Pc = Load;
                    x.Emit(commit.Id, "applies memories: the catalogue is another one");
                }

                break;
        }
    }

    /// <summary>How often the memories of a commit were applied.</summary>
    public static int CountOf(ulong catalogue, int commit) => (int)(catalogue >> (CountShift + (2 * commit))) & 3;

    private static void Apply(Expansion x, in Proc now, Blob catalogue)
    {
        ulong counts = (catalogue.Value >> CountShift << CountShift) + (1UL << (CountShift + (2 * (now.Target / 2))));
        x.Next.Store.Write(Names.Catalogue, now.Other + 1, counts | now.List);
    }

    // Of a commit that is closed, its name is taken out: what asks later finds that it is closed.
    private static ulong StillOpen(Expansion x, KnownManifest manifest, ulong named)
    {
        ulong open = 0;
        for (int i = 0; i < 2 * AgainShift; i++)
        {
            if ((named & (1UL << i)) != 0 && IsOpen(x, manifest, i % AgainShift, i >= AgainShift))
            {
                open |= 1UL << i;
            }
        }

        return open;
    }

    private static bool IsOpen(Expansion x, KnownManifest manifest, int commit, bool isAgain) =>
        manifest.IsOf(0)
        && manifest.Manifest.IsOpen(Names.Commit(2 * commit), isAgain ? Healer.NumberOf(x.Now.Store, commit) : null);

    private static void Done(ref Proc proc)
    {
        proc.Other = 0;
        proc.List = 0;
        proc.Pc = proc.Then;
        proc.Then = 0;
    }
}
