using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Has the appends go on in a new segment: see <c>SegmentRoller</c>. <see cref="Proc.List"/> is the full one.</summary>
internal sealed class Roller(string name) : Process(name)
{
    private const byte Load = 1;
    private const byte Create = 2;
    private const byte Add = 3;
    private const byte Reload = 4;

    public override Proc Start => new() { Pc = Load };

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        switch (now.Pc)
        {
            case Load:
                ref Proc load = ref x.Fork(Id);
                load = x.Manifest.IsDeleted ? default : new Proc { Pc = Create, Known = x.Manifest.Id, List = (ulong)x.Manifest.Last };
                x.Emit(Id, "reads the manifest");
                break;
            case Create:
                x.Create(Id, x.Manifests[now.Known].Incarnation, x.Manifests[now.Known].Manifest.NextSegment, Add);
                break;
            case Add:
                x.Swap(Id, Decide(x, now, now.Known).Next, End, Reload, -1, "adds a segment", static (ref Proc p) => p = default);
                break;
            case Reload:
                ref Proc again = ref x.Fork(Id);
                if (Decide(x, now, x.Manifest.Id).IsChanged)
                {
                    again.Known = x.Manifest.Id;
                    again.Pc = Add;
                }
                else
                {
                    again = default;
                }

                x.Emit(Id, "reads the manifest again");
                break;
        }
    }

    private static Decision Decide(Expansion x, in Proc now, int manifest) =>
        x.Swaps.AddSegment(manifest, Names.IncarnationOf((int)now.List), (int)now.List, now.Other);
}
