using CsCheck;

namespace DurableSessions.Testing.Tests.Simulation;

/// <summary>Sequences of requests to two containers and three names, so few that requests meet each other.</summary>
internal static class Sequences
{
    private const int MaxSteps = 30;

    private static readonly Gen<StepKind> s_kinds = Gen.Frequency(
        (1, Gen.Const(StepKind.CreateContainer)),
        (1, Gen.Const(StepKind.DeleteContainer)),
        (1, Gen.Const(StepKind.ContainerProperties)),
        (1, Gen.Const(StepKind.SetContainerMetadata)),
        (6, Gen.Const(StepKind.List)),
        (8, Gen.Const(StepKind.Put)),
        (10, Gen.Const(StepKind.Get)),
        (6, Gen.Const(StepKind.Properties)),
        (6, Gen.Const(StepKind.Delete)),
        (3, Gen.Const(StepKind.SetMetadata)),
        (8, Gen.Const(StepKind.Stage)),
        (6, Gen.Const(StepKind.Commit)),
        (10, Gen.Const(StepKind.CreateAppendBlob)),
        (24, Gen.Const(StepKind.Append)),
        (6, Gen.Const(StepKind.Seal)));

    private static readonly Gen<Tag> s_tags = Gen.Frequency(
        (10, Gen.Const(Tag.None)),
        (2, Gen.Const(Tag.Any)),
        (3, Gen.Const(Tag.Newest)),
        (1, Gen.Const(Tag.Oldest)),
        (1, Gen.Const(Tag.Foreign)));

    private static readonly Gen<Place> s_places = Gen.Frequency(
        (5, Gen.Const(Place.None)),
        (1, Gen.Const(Place.Start)),
        (1, Gen.Const(Place.BeforeEnd)),
        (4, Gen.Const(Place.End)),
        (1, Gen.Const(Place.BehindEnd)));

    private static readonly Gen<string> s_prefixes = Gen.OneOf(new[] { "", "a", "b/", "b/ü", "c" }.Select(Gen.Const).ToArray());

    public static Gen<Step[]> Drawn { get; } =
        Gen.Select(
            Gen.Select(s_kinds, Gen.Int[0, 2], Gen.Frequency((12, Gen.Const(0)), (1, Gen.Const(1)))),
            Gen.Select(s_tags, s_tags, s_places),
            Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[0, 2], s_prefixes),
            static (what, when, rest) => new Step(what.Item1, what.Item2)
            {
                Container = what.Item3,
                Match = when.Item1,
                NoneMatch = when.Item2,
                Place = when.Item3,
                Size = rest.Item1,
                Metadata = rest.Item2,
                Block = rest.Item3,
                Prefix = rest.Item4,
            }).Array[1, MaxSteps];
}
