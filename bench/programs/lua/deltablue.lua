-- DeltaBlue: an incremental solver of one-way constraints, after Freeman-Benson and Maloney.

local harness = require("harness")

local class = harness.class

local Strength = class()

function Strength:init(value, name)
    self.value = value
    self.name = name
end

function Strength:isStrongerThan(other)
    return self.value < other.value
end

function Strength:isWeakerThan(other)
    return self.value > other.value
end

function Strength:weaker(other)
    return self.value > other.value and self or other
end

local REQUIRED = Strength(0, "required")
local STRONG_PREFERRED = Strength(1, "strongPreferred")
local PREFERRED = Strength(2, "preferred")
local STRONG_DEFAULT = Strength(3, "strongDefault")
local NORMAL = Strength(4, "normal")
local WEAK_DEFAULT = Strength(5, "weakDefault")
local WEAKEST = Strength(6, "weakest")
local WEAKER = { STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT, WEAKEST }

function Strength:nextWeaker()
    return WEAKER[self.value + 1]
end

local NO_DIRECTION = 0
local FORWARD = 1
local BACKWARD = -1

local Variable = class()

function Variable:init(name, value)
    self.name = name
    self.value = value
    self.constraints = {}
    self.determinedBy = nil
    self.mark = 0
    self.walkStrength = WEAKEST
    self.stay = true
end

function Variable:addConstraint(constraint)
    self.constraints[#self.constraints + 1] = constraint
end

function Variable:removeConstraint(constraint)
    for i = 1, #self.constraints do
        if self.constraints[i] == constraint then
            table.remove(self.constraints, i)
            break
        end
    end
    if self.determinedBy == constraint then
        self.determinedBy = nil
    end
end

local Constraint = class()

function Constraint:init(strength)
    self.strength = strength
end

function Constraint:isInput()
    return false
end

function Constraint:addTo(planner)
    self:addToGraph()
    planner:incrementalAdd(self)
end

function Constraint:destroy(planner)
    if self:isSatisfied() then
        planner:incrementalRemove(self)
    else
        self:removeFromGraph()
    end
end

function Constraint:satisfy(mark, planner)
    self:chooseMethod(mark)
    if not self:isSatisfied() then
        if self.strength == REQUIRED then
            error("cannot satisfy a required constraint")
        end
        return nil
    end
    self:markInputs(mark)
    local out = self:output()
    local overridden = out.determinedBy
    if overridden ~= nil then
        overridden:markUnsatisfied()
    end
    out.determinedBy = self
    if not planner:addPropagate(self, mark) then
        error("there is a cycle")
    end
    out.mark = mark
    return overridden
end

local UnaryConstraint = class(Constraint)

function UnaryConstraint:init(target, strength)
    Constraint.init(self, strength)
    self.target = target
    self.satisfied = false
end

function UnaryConstraint:addToGraph()
    self.target:addConstraint(self)
    self.satisfied = false
end

function UnaryConstraint:removeFromGraph()
    self.target:removeConstraint(self)
    self.satisfied = false
end

function UnaryConstraint:chooseMethod(mark)
    self.satisfied = self.target.mark ~= mark and self.strength:isStrongerThan(self.target.walkStrength)
end

function UnaryConstraint:isSatisfied()
    return self.satisfied
end

function UnaryConstraint:markInputs(_) end

function UnaryConstraint:inputsKnown(_)
    return true
end

function UnaryConstraint:output()
    return self.target
end

function UnaryConstraint:markUnsatisfied()
    self.satisfied = false
end

function UnaryConstraint:recalculate()
    self.target.walkStrength = self.strength
    self.target.stay = not self:isInput()
    if self.target.stay then
        self:execute()
    end
end

local StayConstraint = class(UnaryConstraint)
StayConstraint.init = UnaryConstraint.init

function StayConstraint:execute() end

local EditConstraint = class(UnaryConstraint)
EditConstraint.init = UnaryConstraint.init

function EditConstraint:isInput()
    return true
end

function EditConstraint:execute() end

local BinaryConstraint = class(Constraint)

function BinaryConstraint:init(first, second, strength)
    Constraint.init(self, strength)
    self.first = first
    self.second = second
    self.direction = NO_DIRECTION
end

function BinaryConstraint:chooseMethod(mark)
    local first, second, strength = self.first, self.second, self.strength
    if first.mark == mark then
        local free = second.mark ~= mark and strength:isStrongerThan(second.walkStrength)
        self.direction = free and FORWARD or NO_DIRECTION
    elseif second.mark == mark then
        local free = first.mark ~= mark and strength:isStrongerThan(first.walkStrength)
        self.direction = free and BACKWARD or NO_DIRECTION
    elseif first.walkStrength:isWeakerThan(second.walkStrength) then
        self.direction = strength:isStrongerThan(first.walkStrength) and BACKWARD or NO_DIRECTION
    else
        self.direction = strength:isStrongerThan(second.walkStrength) and FORWARD or NO_DIRECTION
    end
end

function BinaryConstraint:addToGraph()
    self.first:addConstraint(self)
    self.second:addConstraint(self)
    self.direction = NO_DIRECTION
end

function BinaryConstraint:removeFromGraph()
    self.first:removeConstraint(self)
    self.second:removeConstraint(self)
    self.direction = NO_DIRECTION
end

function BinaryConstraint:isSatisfied()
    return self.direction ~= NO_DIRECTION
end

function BinaryConstraint:markInputs(mark)
    self:input().mark = mark
end

function BinaryConstraint:input()
    return self.direction == FORWARD and self.first or self.second
end

function BinaryConstraint:output()
    return self.direction == FORWARD and self.second or self.first
end

function BinaryConstraint:markUnsatisfied()
    self.direction = NO_DIRECTION
end

function BinaryConstraint:inputsKnown(mark)
    local source = self:input()
    return source.mark == mark or source.stay or source.determinedBy == nil
end

function BinaryConstraint:recalculate()
    local source = self:input()
    local out = self:output()
    out.walkStrength = self.strength:weaker(source.walkStrength)
    out.stay = source.stay
    if out.stay then
        self:execute()
    end
end

local EqualityConstraint = class(BinaryConstraint)
EqualityConstraint.init = BinaryConstraint.init

function EqualityConstraint:execute()
    self:output().value = self:input().value
end

local ScaleConstraint = class(BinaryConstraint)

function ScaleConstraint:init(source, scale, offset, target, strength)
    BinaryConstraint.init(self, source, target, strength)
    self.scale = scale
    self.offset = offset
end

function ScaleConstraint:addToGraph()
    BinaryConstraint.addToGraph(self)
    self.scale:addConstraint(self)
    self.offset:addConstraint(self)
end

function ScaleConstraint:removeFromGraph()
    BinaryConstraint.removeFromGraph(self)
    self.scale:removeConstraint(self)
    self.offset:removeConstraint(self)
end

function ScaleConstraint:markInputs(mark)
    BinaryConstraint.markInputs(self, mark)
    self.scale.mark = mark
    self.offset.mark = mark
end

function ScaleConstraint:execute()
    if self.direction == FORWARD then
        self.second.value = self.first.value * self.scale.value + self.offset.value
    else
        self.first.value = math.floor((self.second.value - self.offset.value) / self.scale.value)
    end
end

function ScaleConstraint:recalculate()
    local source = self:input()
    local out = self:output()
    out.walkStrength = self.strength:weaker(source.walkStrength)
    out.stay = source.stay and self.scale.stay and self.offset.stay
    if out.stay then
        self:execute()
    end
end

local Plan = class()

function Plan:init()
    self.constraints = {}
end

function Plan:add(constraint)
    self.constraints[#self.constraints + 1] = constraint
end

function Plan:execute()
    local constraints = self.constraints
    for i = 1, #constraints do
        constraints[i]:execute()
    end
end

local Planner = class()

function Planner:init()
    self.currentMark = 0
end

function Planner:newMark()
    self.currentMark = self.currentMark + 1
    return self.currentMark
end

function Planner:incrementalAdd(constraint)
    local mark = self:newMark()
    local overridden = constraint:satisfy(mark, self)
    while overridden ~= nil do
        overridden = overridden:satisfy(mark, self)
    end
end

function Planner:incrementalRemove(constraint)
    local out = constraint:output()
    constraint:markUnsatisfied()
    constraint:removeFromGraph()
    local unsatisfied = self:removePropagateFrom(out)
    local strength = REQUIRED
    while true do
        for i = 1, #unsatisfied do
            if unsatisfied[i].strength == strength then
                self:incrementalAdd(unsatisfied[i])
            end
        end
        if strength == WEAKEST then
            break
        end
        strength = strength:nextWeaker()
    end
end

function Planner:makePlan(sources)
    local mark = self:newMark()
    local plan = Plan()
    local todo = sources
    while #todo > 0 do
        local constraint = table.remove(todo)
        local out = constraint:output()
        if out.mark ~= mark and constraint:inputsKnown(mark) then
            plan:add(constraint)
            out.mark = mark
            self:addConstraintsConsuming(out, todo)
        end
    end
    return plan
end

function Planner:extractPlan(constraints)
    local sources = {}
    for i = 1, #constraints do
        local constraint = constraints[i]
        if constraint:isInput() and constraint:isSatisfied() then
            sources[#sources + 1] = constraint
        end
    end
    return self:makePlan(sources)
end

function Planner:addPropagate(constraint, mark)
    local todo = { constraint }
    while #todo > 0 do
        local following = table.remove(todo)
        local out = following:output()
        if out.mark == mark then
            self:incrementalRemove(constraint)
            return false
        end
        following:recalculate()
        self:addConstraintsConsuming(out, todo)
    end
    return true
end

function Planner:removePropagateFrom(out)
    out.determinedBy = nil
    out.walkStrength = WEAKEST
    out.stay = true
    local unsatisfied = {}
    local todo = { out }
    while #todo > 0 do
        local variable = table.remove(todo)
        local constraints = variable.constraints
        for i = 1, #constraints do
            if not constraints[i]:isSatisfied() then
                unsatisfied[#unsatisfied + 1] = constraints[i]
            end
        end
        local determining = variable.determinedBy
        for i = 1, #constraints do
            local following = constraints[i]
            if following ~= determining and following:isSatisfied() then
                following:recalculate()
                todo[#todo + 1] = following:output()
            end
        end
    end
    return unsatisfied
end

function Planner:addConstraintsConsuming(variable, into)
    local determining = variable.determinedBy
    local constraints = variable.constraints
    for i = 1, #constraints do
        local constraint = constraints[i]
        if constraint ~= determining and constraint:isSatisfied() then
            into[#into + 1] = constraint
        end
    end
end

local DeltaBlue = class()

function DeltaBlue:init(size)
    self.size = size
    self.errors = 0
end

function DeltaBlue:benchmark()
    self.errors = 0
    return self:chainTest(self.size) + self:projectionTest(self.size)
end

function DeltaBlue:check(found, expected)
    if found ~= expected then
        self.errors = self.errors + 1
    end
    return found
end

function DeltaBlue:chainTest(n)
    local planner = Planner()
    local variables = {}
    for i = 0, n do
        local variable = Variable("v", 0)
        if i > 0 then
            EqualityConstraint(variables[i], variable, REQUIRED):addTo(planner)
        end
        variables[i + 1] = variable
    end
    local first = variables[1]
    local last = variables[n + 1]
    StayConstraint(last, STRONG_DEFAULT):addTo(planner)
    local edit = EditConstraint(first, PREFERRED)
    edit:addTo(planner)
    local plan = planner:extractPlan({ edit })
    local total = 0
    for i = 0, 99 do
        first.value = i
        plan:execute()
        total = total + self:check(last.value, i)
    end
    return total
end

function DeltaBlue:projectionTest(n)
    local planner = Planner()
    local scale = Variable("scale", 10)
    local offset = Variable("offset", 1000)
    local targets = {}
    local source, target
    for i = 0, n - 1 do
        source = Variable("source", i)
        target = Variable("target", i)
        targets[i] = target
        StayConstraint(source, NORMAL):addTo(planner)
        ScaleConstraint(source, scale, offset, target, REQUIRED):addTo(planner)
    end
    self:change(planner, source, 17)
    local total = self:check(target.value, 1170)
    self:change(planner, target, 1050)
    total = total + self:check(source.value, 5)
    self:change(planner, scale, 5)
    for i = 0, n - 2 do
        total = total + self:check(targets[i].value, i * 5 + 1000)
    end
    self:change(planner, offset, 2000)
    for i = 0, n - 2 do
        total = total + self:check(targets[i].value, i * 5 + 2000)
    end
    return total
end

function DeltaBlue:change(planner, variable, value)
    local edit = EditConstraint(variable, PREFERRED)
    edit:addTo(planner)
    local plan = planner:extractPlan({ edit })
    for _ = 1, 10 do
        variable.value = value
        plan:execute()
    end
    edit:destroy(planner)
end

function DeltaBlue:verifyResult(result)
    local last = self.size - 1
    return self.errors == 0 and result == 4950 + 1175 + last * 3000 + 5 * last * (last - 1)
end

harness.measure("deltablue", DeltaBlue)
