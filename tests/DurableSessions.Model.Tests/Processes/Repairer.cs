using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>
/// An audit that removes a segment which no manifest names: see <c>SessionOrphans</c> and <c>Orphans</c>. <see cref="Proc.Other"/> is the
/// segment.
/// </summary>
/// <remarks>
/// The audit waits until a segment is a day old. Here it waits for nothing, so that only the fence keeps apart what a stalled host may
/// still name and what no host can name any more.
/// </remarks>
internal sealed class Repairer(string name) : Process(name)
{
    private const byte Look = 1;
    private const byte Load = 2;
    private const byte Fence = 3;
    private const byte Remove = 4;

    public override Proc Start => new() { Pc = Look };

    public override bool IsOver(in Proc proc) => proc.Pc is End or Look;

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        switch (now.Pc)
        {
            case Look:
                Find(x);
                break;
            case Load:
                ReadManifest(x, now);
                break;
            case Fence:
                Decision skipped = Skip(x, now, now.Known);
                x.Swap(
                    Id, skipped.Next, Load, Load, -1, "gives the segment's number away",
                    (ref Proc p) => ToRemove(x, ref p, x.Manifests[skipped.Next]));
                break;
            case Remove:
                x.Fork(Id) = default;
                x.Next.Store.Delete(now.Other);
                x.Emit(Id, "removes the segment");
                break;
        }
    }

    // A listing, and the manifest that is read after it: each segment that it does not name may be the one.
    private void Find(Expansion x)
    {
        KnownManifest manifest = x.Manifest;
        if (!manifest.IsOf(0))
        {
            return;
        }

        foreach (Blob blob in x.Now.Store.Blobs)
        {
            if (Names.IsSegment(blob.Key) && Names.IncarnationOf(blob.Key) == 0 && !IsNamed(x, manifest, blob.Key))
            {
                x.Fork(Id) = new Proc { Pc = Load, Other = blob.Key };
                x.Emit(Id, "finds a segment that the manifest does not name");
            }
        }
    }

    private void ReadManifest(Expansion x, in Proc now)
    {
        KnownManifest manifest = x.Manifest;
        ref Proc read = ref x.Fork(Id);
        if (x.Keeps(Safeguards.FenceBeforeRemove) && Skip(x, now, manifest.Id).IsChanged)
        {
            read.Known = manifest.Id;
            read.Pc = Fence;
        }
        else
        {
            ToRemove(x, ref read, manifest);
        }

        x.Emit(Id, "reads the manifest, to fence the segment");
    }

    private static Decision Skip(Expansion x, in Proc now, int manifest) =>
        x.Swaps.SkipSegmentNumbers(manifest, Names.NumberOf(now.Other));

    private static void ToRemove(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        bool isFree = manifest.IsOf(0) && !(x.Keeps(Safeguards.UnnamedAfterFence) && IsNamed(x, manifest, proc.Other));
        proc = isFree ? new Proc { Pc = Remove, Other = proc.Other } : default;
    }

    // What a commit retains is named by its cut before it is live.
    private static bool IsNamed(Expansion x, KnownManifest manifest, int segment) =>
        manifest.IsLive(segment)
        || manifest.Keeps(segment)
        || (manifest.Cut >= 0 && segment == Names.Retained(manifest.Cut) && x.Keeps(Safeguards.CutNamesRetained));
}
