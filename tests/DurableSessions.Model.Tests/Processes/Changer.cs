using DurableSessions.Core.State;
using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>
/// Puts another digest of the first archive in place, once that is covered: see <c>ChangeDigestActivity</c>, after its swap of the index
/// entry. What that swap gave is one number for each change; the hosts come in any order.
/// </summary>
internal sealed class Changer(string name, int change) : Process(name)
{
    private const int Number = 1;

    private const byte Wait = 1;
    private const byte Put = 2;
    private const byte Reload = 3;

    public int Change { get; } = change;

    public override Proc Start => new() { Pc = Wait };

    public override bool IsOver(in Proc proc) => proc.Pc is End or Wait;

    /// <summary>Whether the session's overview is of the archive, by an earlier change.</summary>
    public bool IsBehind(Manifest manifest) => manifest.Overview is { Number: Number } overview && overview.Change < Change;

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        KnownManifest manifest = x.Manifest;
        switch (now.Pc)
        {
            case Wait:
                if (manifest.IsOf(0) && manifest.Manifest is { Overview.Number: >= Number, DegradedFrom: null or > Number })
                {
                    x.Fork(Id) = new Proc { Pc = Put, Known = manifest.Id };
                    x.Emit(Id, "swaps the index entry, and knows the manifest");
                }

                break;
            case Put:
                Decision decided = x.Swaps.PutDigest(now.Known, Number, Change);
                if (decided.IsChanged)
                {
                    x.Swap(Id, decided.Next, End, Reload, -1, "puts the digest in place", static (ref Proc p) => p = default);
                }
                else
                {
                    x.Fork(Id).Pc = Reload;
                    x.Emit(Id, "finds nothing to put");
                }

                break;
            case Reload:
                ref Proc again = ref x.Fork(Id);
                again = x.Swaps.PutDigest(manifest.Id, Number, Change).IsChanged ? new Proc { Pc = Put, Known = manifest.Id } : default;
                x.Emit(Id, "reads the manifest, to put the digest");
                break;
        }
    }
}
