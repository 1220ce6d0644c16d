# SPDX-License-Identifier: MIT
# Who may use whom, read by layers.sh (include lines) and rooms.sh (symbols).
ROOMS='base text model mmd store wire ports flow'

# may_use ROOM: the rooms that it may use, itself among them.
may_use() {
	case $1 in
	base) echo base ;;
	text) echo base text ;;
	model) echo base text model ;;
	mmd) echo base text model mmd ;;
	store) echo base model store ;;
	wire) echo base text wire ;;
	ports) echo base text model mmd wire ports ;;
	flow) echo base text model mmd store wire ports flow ;;
	cgi) echo base text model mmd store flow cgi ;;
	scheduler) echo base text model mmd store wire ports flow scheduler ;;
	client) echo base text wire client ;;
	esac
}
